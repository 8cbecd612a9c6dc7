"""One module per vendor: a delivery in, responses out. Pure, total over any JSON, and unaware of each other."""

from collections.abc import Mapping
from dataclasses import replace

from services.feedback.intake.adapters import (
    asknicely,
    canny,
    cloudevents,
    delighted,
    formbricks,
    freshdesk,
    generic,
    github,
    google_forms,
    hubspot,
    intercom,
    jotform,
    linear,
    posthog,
    product_fruits,
    qualtrics,
    slack,
    smartsurvey,
    sprig,
    standard_webhooks,
    surveymonkey,
    survicate,
    tally,
    typeform,
    wootric,
    zendesk,
)
from services.feedback.intake.adapters.normalized import Adapter

_MODULES = (
    asknicely, canny, cloudevents, delighted, formbricks, freshdesk, generic, github, google_forms, hubspot, intercom,
    jotform, linear, posthog, product_fruits, qualtrics, slack, smartsurvey, sprig, standard_webhooks, surveymonkey,
    survicate, tally, typeform, wootric, zendesk,
)  # fmt: skip
ADAPTERS: Mapping[str, Adapter] = {
    **{module.ADAPTER.vendor: module.ADAPTER for module in _MODULES},
    "svix": replace(standard_webhooks.ADAPTER, vendor="svix", scheme="svix"),
}
"""By vendor. One more vendor is one module here and one row in `signatures.SCHEMES`."""
