"""UserVoice: its export of ideas, with a line for each idea and voter, or for each idea alone.

The fields of the older export are documented in its help ("Export fields": `suggestion.id`, `suggestion.parent.id` for
the idea it was merged into, `user.email`); the newer one names them `Idea ID`, `User Email Address` and so on. Both are
read, in any spelling. `account.mrr` and `Account Monthly Rate` are taken as whole units of the currency (assumed).

The columns of an export of comments are not documented; assumed are the API's names in any spelling, beside the idea's
id: `Comment ID`, `Comment Body`, `Comment Created Timestamp`, `Is Admin Comment`, and for what only the team sees
`Note Body`.
"""

from services.feedback.imports.importers import reading
from services.feedback.imports.importers.reading import Row
from services.feedback.mappings.kinds import Record

_ID = ("suggestionid", "ideaid", "id")
_USER_ID = ("userid", "voteruserid", "supporteruserid")
_EMAIL = ("useremail", "useremailaddress", "supporteruseremailaddress", "voteremail", "externaluseremailaddress")
_NAME = ("username", "supporterusername", "votername", "externalusername")
_ACCOUNT = ("externalaccountexternalid", "accountexternalid", "accountid", "externalaccountid", "accountname",
            "externalaccountname")  # fmt: skip
_VOTED = ("supporterscreatedtimestamp", "supportercreatedtimestamp", "linkedideacreationdate", "votedat",
          "votecreatedtimestamp")  # fmt: skip


IGNORED = frozenset(
    {"suggestionbodymimetype", "suggestionportalurl", "suggestionadminurl", "suggestioncategoryid",
     "suggestionstatusid", "suggestionforumid", "suggestionlabelsid", "suggestionsupporterscount",
     "suggestionvotescount", "suggestioncommentscount"}
)  # fmt: skip


def read(row: Row) -> list[Record]:
    """The idea of a line, its voter's vote and account; or a comment. ValueError when there is no idea in it."""
    flat = reading.by_plain_name(row)
    id = reading.identifier(reading.first(flat, *_ID))
    title = reading.title(reading.first(flat, "suggestiontitle", "ideatitle", "title"))
    said = reading.first(flat, "commentbody", "commenttext", "comment")
    if id is not None and (said is not None or "notebody" in flat):
        return _comment(flat, id, said)
    if id is None or title is None:
        raise ValueError("has no idea in it: `suggestion.id` and `suggestion.title`, or `Idea ID` and `Idea Title`")
    idea = reading.without_nothing(
        {
            "external_id": id,
            "title": title,
            "description": reading.prose(
                reading.first(flat, "suggestionbody", "ideadescription", "description", "body")
            ),
            "status": reading.words(
                reading.first(flat, "suggestionstatusname", "publicstatusname", "ideastatus", "status"), 100
            ),
            "tags": reading.tags(reading.first(flat, "suggestionlabelsname", "labels", "labelnames")),
            "attributes": reading.placed(
                board=reading.first(flat, "suggestionforumname", "forumname", "forum"),
                category=reading.first(flat, "suggestioncategoryname", "categoryname", "category"),
            ),
            "created_at": reading.time(
                reading.first(
                    flat, "suggestioncreatedtimestamp", "createdtimestamp", "ideacreatedtimestamp", "createdat"
                )
            ),
            "merged_into": reading.identifier(
                reading.first(flat, "suggestionparentid", "ideaparentid", "parentid", "mergedintoideaid")
            ),
        }
    )
    records = [Record("ideas", idea)]
    account = reading.identifier(reading.first(flat, *_ACCOUNT))
    contact = reading.person(
        "uservoice",
        id=reading.first(flat, *_USER_ID),
        email=reading.first(flat, *_EMAIL),
        name=reading.first(flat, *_NAME),
        account=account,
    )
    if contact:
        if account:
            records.append(_account(flat, account))
        vote = {"idea": id, "contact": contact, "created_at": reading.time(reading.first(flat, *_VOTED))}
        records.append(Record("votes", reading.without_nothing(vote)))
    return records


def _comment(flat: Row, idea: str, said: object) -> list[Record]:
    name = reading.first(flat, *_NAME)
    return reading.comment(
        "uservoice",
        id=reading.first(flat, "commentid", "noteid"),
        idea=idea,
        text=said if said is not None else flat.get("notebody"),
        author=reading.person(
            "uservoice", id=reading.first(flat, *_USER_ID), email=reading.first(flat, *_EMAIL), name=name
        ),
        name=name,
        staff=said is None or reading.yes(reading.first(flat, "isadmincomment", "commentisadmincomment", "admin")),
        internal=said is None,
        at=reading.first(flat, "commentcreatedtimestamp", "notecreatedtimestamp", "createdat", "createdtimestamp"),
    )


def _account(flat: Row, id: str) -> Record:
    money = reading.words(reading.first(flat, "accountmrr", "externalaccountmrr", "accountmonthlyrate"))
    try:
        mrr = round(float(money.replace(",", "").lstrip("$€£")) * 100) if money else None
    except (ValueError, OverflowError):
        mrr = None
    name = reading.title(reading.first(flat, "accountname", "externalaccountname"))
    return Record("accounts", reading.without_nothing({"external_id": id[:200], "name": name, "mrr": mrr or None}))
