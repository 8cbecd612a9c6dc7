"""One module per vendor: a delivery in, responses out. Pure, total over any JSON, and unaware of each other."""

from collections.abc import Mapping

from services.feedback.intake.adapters import delighted, formbricks, standard_webhooks, tally, typeform
from services.feedback.intake.adapters.normalized import Adapter

ADAPTERS: Mapping[str, Adapter] = {
    module.ADAPTER.vendor: module.ADAPTER for module in (delighted, formbricks, standard_webhooks, tally, typeform)
}
"""By vendor. One more vendor is one module here and one row in `signatures.SCHEMES`."""
