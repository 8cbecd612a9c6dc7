"""A model of who may see what, written without looking at the product, and a script of steps that it follows.

Every text that is written anywhere carries a mark of its own. What somebody outside sees is then a set of marks, and
must be the model's: one more is a leak, one less is missing.
"""

import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from shared.database import Database
from shared.ids import new_id
from tests.builders import Api
from tests.feedback.given import made
from tests.feedback.portal.given import decide, new_board, new_contact, place

BOARDS = {"open": "public", "closed": "private", "inbox": "one_way"}
PEOPLE = ("member", "colleague", "segmented", "stranger")
MARK = re.compile(r"mark(\d+)x", re.IGNORECASE)


@dataclass
class Idea:
    id: str
    marks: set[int]
    archived: bool = False
    brought_by: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """By board; None: the team put it there."""
    voters: set[str] = field(default_factory=set[str])
    speakers: set[str] = field(default_factory=set[str])
    """Whose words are linked to it."""
    said: dict[str, bool] = field(default_factory=dict[str, bool])
    """Who said that they follow it, or do not."""

    def follows(self, who: str | None) -> bool:
        return who is not None and self.said.get(who, who in self.voters | self.speakers)


@dataclass
class Comment:
    id: str
    marks: set[int]
    idea: Idea
    board: str | None
    parent: "Comment | None"
    public: bool
    by: str | None
    state: str = "shown"
    deleted: bool = False


@dataclass
class Submission:
    id: str
    marks: set[int]
    board: str
    by: str
    state: str
    idea: Idea | None = None


class Outside:
    """A workspace with three boards and four contacts, and what the model says of it."""

    def __init__(self, api: Api, database: Database) -> None:
        self.api = api
        self.database = database
        self.ideas: list[Idea] = []
        self.comments: list[Comment] = []
        self.submissions: list[Submission] = []
        self.contacts: dict[str, str] = {}
        self.members = {"member", "colleague", "segmented"}
        self._marks = count(1)

    def mark(self) -> int:
        return next(self._marks)

    def text(self) -> tuple[str, set[int]]:
        """Words with a new mark."""
        mark = self.mark()
        return f"words mark{mark}x", {mark}

    async def begin(self) -> None:
        """Boards, people, and texts that nobody outside may ever see."""
        for key, visibility in BOARDS.items():
            await new_board(self.api, key, visibility=visibility)
        for person in PEOPLE:
            named = {"name": self.text()[0], "account": "firm" if person == "colleague" else person}
            self.contacts[person] = await new_contact(self.api, f"mark{self.mark()}x@example.com", **named)
        firm = (await self.api.feedback.get(f"/v1/contacts/{self.contacts['colleague']}")).json()["account_id"]
        segment = new_id()
        async with self.database.transaction({self.api.workspace_id}) as tx:
            await tx.run(
                "insert into segments (id, workspace_id, key, name, selects) values ($1, $2, 's', 's', 'contacts')",
                segment,
                self.api.workspace_id,
            )
            await tx.run(
                "insert into segment_members (segment_id, member_id, workspace_id) values ($1, $2, $3)",
                segment,
                self.contacts["segmented"],
                self.api.workspace_id,
            )
        for member in (self.contacts["member"], firm, segment):
            response = await self.api.feedback.put(f"/v1/boards/closed/members/{member}")
            assert response.status_code == 204, response.text

    # What happens. Each takes numbers, and picks with them among what there is.

    async def team_idea(self, a: int, b: int) -> None:
        title, marks = self.text()
        idea = await made(await self.api.feedback.post("/v1/ideas", json={"title": title, "description": title}))
        by = PEOPLE[b % 4]
        self.ideas.append(Idea(idea["id"], marks, voters={by}, speakers={by}))
        await self.put_on(-1, a)
        who = {"contact": {"id": self.contacts[by]}}
        vote = {"idea_id": idea["id"], "reason": self.text()[0], **who}
        await made(await self.api.feedback.post("/v1/votes", json=vote))
        said = {"text": self.text()[0], "ideas": [idea["id"]], **who}
        await made(await self.api.feedback.post("/v1/feedback", json=said))

    async def put_on(self, a: int, b: int) -> None:
        if self.ideas:
            idea, board = self.ideas[a % len(self.ideas)], list(BOARDS)[b % 3]
            await place(self.api, board, idea.id)
            idea.brought_by.setdefault(board, None)

    async def take_off(self, a: int, b: int) -> None:
        placed = [(idea, board) for idea in self.ideas for board in idea.brought_by]
        if placed and b % 3 == 0:
            idea, board = placed[a % len(placed)]
            await self.api.feedback.delete(f"/v1/boards/{board}/placements/{idea.id}")
            del idea.brought_by[board]

    async def archive(self, a: int, b: int) -> None:
        if self.ideas:
            idea = self.ideas[a % len(self.ideas)]
            idea.archived = b % 3 == 0
            await made(await self.api.feedback.patch(f"/v1/ideas/{idea.id}", json={"archived": idea.archived}), 200)

    async def put_out(self, a: int, b: int) -> None:
        if a % 4 == 0 and "member" in self.members:
            self.members.remove("member")
            await self.api.feedback.delete(f"/v1/boards/closed/members/{self.contacts['member']}")

    async def submit(self, a: int, b: int) -> None:
        board, by = list(BOARDS)[a % 3], PEOPLE[b % 4]
        title, marks = self.text()
        response = await self.api.feedback.post(
            f"/v1/boards/{board}/submissions",
            json={"title": title, "description": title, "contact": {"id": self.contacts[by]}},
        )
        if board == "closed" and by not in self.members:
            assert response.status_code == 404, response.text
            return
        brought = await made(response)
        self.submissions.append(Submission(brought["id"], marks, board, by, "pending"))

    async def want(self, a: int, b: int) -> None:
        """A contact votes for some idea through some board, or no longer, or follows it, or not; where they see it."""
        if not self.ideas:
            return
        idea, board, by = self.ideas[a % len(self.ideas)], list(BOARDS)[b % 3], PEOPLE[(a + b) % 4]
        what, more = ("vote", "follow")[a % 2], b % 4 > 0
        path, who = f"/v1/boards/{board}/ideas/{idea.id}/{what}", self.contacts[by]
        if more:
            response = await self.api.feedback.put(path, json={"contact": {"id": who}})
        else:
            response = await self.api.feedback.delete(path, params={"contact_id": who})
        if not self.sees_idea(by, board, idea):
            assert response.status_code == 404, response.text
            return
        if what == "follow":
            idea.said[by] = more
        elif more:
            idea.voters.add(by)
        else:
            idea.voters.discard(by)
        now = await made(response, 200)
        assert (now["votes"], now["voted"]) == (len(idea.voters), by in idea.voters)

    async def say(self, a: int, b: int) -> None:
        """A contact comments on some idea through some board, or answers there; only where they see it."""
        if not self.ideas:
            return
        idea, board, by = self.ideas[a % len(self.ideas)], list(BOARDS)[b % 3], PEOPLE[(a + b) % 4]
        text, marks = self.text()
        parents = [each for each in self.comments if each.idea is idea and each.parent is None and not each.deleted]
        parent = parents[b % len(parents)] if parents and a % 2 else None
        body = {"text": text, "parent_id": parent.id if parent else None, "contact": {"id": self.contacts[by]}}
        response = await self.api.feedback.post(f"/v1/boards/{board}/ideas/{idea.id}/comments", json=body)
        if not self.sees_idea(by, board, idea):
            assert response.status_code == 404, response.text
        elif parent is not None and (parent.board not in (None, board) or not parent.public or parent.state != "shown"):
            assert response.status_code in {404, 422}, response.text
        else:
            said = await made(response)
            self.comments.append(Comment(said["id"], marks, idea, board, parent, True, by, "pending"))

    async def team_says(self, a: int, b: int) -> None:
        if not self.ideas:
            return
        idea, public = self.ideas[a % len(self.ideas)], b % 2 == 0
        boards = [None, *idea.brought_by]
        board = boards[b % len(boards)] if public else None
        text, marks = self.text()
        parents = [
            each
            for each in self.comments
            if each.idea is idea and each.parent is None and not each.deleted
            if not public or (each.public and each.state == "shown" and each.board in (None, board))
        ]
        parent = parents[a % len(parents)] if parents and b % 3 else None
        body = {"text": text, "visibility": "public" if public else "internal", "board": board}
        body["parent_id"] = parent.id if parent else None
        said = await made(await self.api.feedback.post(f"/v1/ideas/{idea.id}/comments", json=body))
        self.comments.append(Comment(said["id"], marks, idea, board, parent, public, None))

    async def moderate(self, a: int, b: int) -> None:
        subjects: list[Comment | Submission] = [each for each in self.comments if each.by and not each.deleted]
        subjects += self.submissions
        if subjects:
            subject = subjects[a % len(subjects)]
            decision, state = (("approve", "shown"), ("reject", "rejected"), ("spam", "spam"))[b % 3]
            before, subject.state = subject.state, state
            await decide(self.api, decision, subject.id)
            if isinstance(subject, Submission) and state != before:
                await self._follow(subject)

    async def _follow(self, submission: Submission) -> None:
        """Approved, it is an idea on its board; refused, it is on that board no more."""
        if submission.state == "shown" and submission.idea is None:
            ideas = (await self.api.feedback.get("/v1/ideas")).json()["data"]
            (id,) = [each["id"] for each in ideas if set(marks_in(each["title"])) == submission.marks]
            submission.idea = Idea(id, submission.marks, voters={submission.by})
            self.ideas.append(submission.idea)
        if submission.idea is not None and submission.state == "shown":
            submission.idea.brought_by.setdefault(submission.board, submission.by)
        elif submission.idea is not None:
            submission.idea.brought_by.pop(submission.board, None)

    async def reword(self, a: int, b: int) -> None:
        """The team rewords a comment: it stays where it was, with other words."""
        standing = [each for each in self.comments if not each.deleted]
        if standing:
            comment = standing[a % len(standing)]
            text, comment.marks = self.text()
            await made(await self.api.feedback.patch(f"/v1/comments/{comment.id}", json={"text": text}), 200)

    async def bury(self, a: int, b: int) -> None:
        if self.comments and b % 3 == 0:
            comment = self.comments[a % len(self.comments)]
            comment.deleted, comment.marks = True, set()
            assert (await self.api.feedback.delete(f"/v1/comments/{comment.id}")).status_code == 204

    # What may be seen, by whom: `None` is anybody.

    def sees_board(self, who: str | None, board: str) -> bool:
        return board != "closed" or who in self.members

    def sees_idea(self, who: str | None, board: str, idea: Idea) -> bool:
        if idea.archived or board not in idea.brought_by or not self.sees_board(who, board):
            return False
        return board != "inbox" or (who is not None and idea.brought_by[board] == who)

    def sees_comment(self, who: str | None, board: str, comment: Comment) -> bool:
        if not comment.public or comment.board not in (None, board) or not self.sees_idea(who, board, comment.idea):
            return False
        if comment.parent is not None and (not comment.parent.public or comment.parent.state != "shown"):
            return False
        waits_for_me = comment.state == "pending" and not comment.deleted and who is not None and comment.by == who
        return comment.state == "shown" or waits_for_me

    def stands(self, board: str, comment: Comment) -> bool:
        """Whether it counts beside its idea."""
        rooted = comment.parent is None or (comment.parent.public and comment.parent.state == "shown")
        return (
            comment.public
            and comment.board in (None, board)
            and comment.state == "shown"
            and not comment.deleted
            and rooted
        )

    def visible(self, who: str | None, board: str) -> set[int]:
        """All marks that somebody may find on a board."""
        seen: set[int] = set()
        for idea in self.ideas:
            if self.sees_idea(who, board, idea):
                seen |= idea.marks
        for comment in self.comments:
            if self.sees_comment(who, board, comment):
                seen |= comment.marks
        for submission in self.submissions:
            own = who is not None and submission.by == who and submission.board == board
            if own and submission.state in {"pending", "shown"} and self.sees_board(who, board):
                seen |= submission.marks
        return seen


def marks_in(text: str) -> list[int]:
    """The marks that a text carries."""
    return [int(each) for each in MARK.findall(text)]


STEPS: tuple[Any, ...] = (
    *(Outside.team_idea,) * 2,
    Outside.put_on,
    Outside.take_off,
    Outside.archive,
    Outside.put_out,
    *(Outside.submit,) * 2,
    *(Outside.want,) * 3,
    *(Outside.say,) * 4,
    *(Outside.team_says,) * 3,
    *(Outside.moderate,) * 4,
    Outside.reword,
    Outside.bury,
)
