"""What can be seen of boards from outside.

Every statement here begins with `_VISIBLE` and goes on from what that lets through; a test holds them to it. Each takes
the same first four arguments, made by `Sight.at`: the workspace, the board's id, how somebody looks, and the contact
who does (null for the others).
"""

from typing import Literal, get_args

from services.feedback.ideas.finding import BEGUN, MOST_TERMS, RANKED, begins, fits, looked_up

# An idea, or one that was merged into it: what was said of either counts for it.
_OF_IDEA = "m.workspace_id = $1 and (m.id = i.id or m.merged_root = i.id)"
# A board that this viewer may know of; the ideas on it that they may see, merged ones as what they went into; the
# public comments on those; what they themselves have brought; and what ties them to ideas. Internal comments, refused
# ones, and what waits but is not the viewer's own never get through. Nothing here says who voted, who commented, or
# what any of it is worth; how the writer is called comes along to be taken out of the words (`known`), and goes no
# further.
# Every idea has its demand: joined so that whoever does not ask for the votes does not look for them.
# `visible_places`, `visible_order`, `visible_trend` and `visible_terms` say which ideas to look at first, and nothing
# of any: that has to be asked of `visible_ideas`.
# Not materialized: named twice, even where one of the two is not asked, ideas would be put together whole before a page
# is taken of them. `own_only` is worked out where nothing is known of it: from a table of a few boards, which nothing
# ever analyses, the planner would conclude that all are one-way, and put together all there is as if it were one row.
_VISIBLE = f"""
visible_board as (
    select b.id, b.key, b.name, b.description, b.visibility, b.submissions, b.comments, b.voting,
        b.visibility = 'one_way' and $3::text <> 'team' as own_only
    from boards b
    where b.workspace_id = $1 and b.id = $2::uuid and not b.archived and (
        $3::text = 'team' or b.visibility in ('public', 'one_way')
        or $3 = 'contact' and exists (
            select from board_members m where m.workspace_id = $1 and m.board_id = b.id and m.member_id in (
                select $4::uuid
                union all select c.account_id from contacts c where c.workspace_id = $1 and c.id = $4
                union all select s.segment_id from segment_members s where s.workspace_id = $1 and s.member_id in (
                    select $4 union all select c.account_id from contacts c where c.workspace_id = $1 and c.id = $4
                )
            )
        )
    )
), visible_ideas as not materialized (
    select p.idea_id as id, i.title, i.description, i.status, i.product_id, i.search,
        i.created_at, b.id as board_id, b.comments as commentable, b.voting as votable,
        p.contact_id is not null as from_customer, coalesce($3 = 'contact' and p.contact_id = $4, false) as mine,
        coalesce(d.votes, 0) as votes,
        (
            select coalesce(sum(t.shown), 0)::int from ideas m
            join comment_counts t on t.workspace_id = $1 and t.idea_id = m.id
                and t.board_id in (b.id, '00000000-0000-0000-0000-000000000000'::uuid)
            where {_OF_IDEA}
        ) as comments,
        (
            select v.importance from ideas m
            join votes v on v.workspace_id = $1 and v.idea_id = m.id and v.contact_id = $4
            where $3 = 'contact' and {_OF_IDEA} order by v.id desc limit 1
        ) as importance,
        $3 = 'contact' and coalesce(
            (
                select f.follows from ideas m
                join idea_followers f on f.workspace_id = $1 and f.idea_id = m.id and f.contact_id = $4
                where {_OF_IDEA} order by f.said_at desc, f.idea_id limit 1
            ),
            exists (select from idea_contacts a where a.workspace_id = $1 and a.idea_id = i.id and a.contact_id = $4)
        ) as follows,
        (
            select array_remove(array[c.name, c.email], null) from contacts c
            where c.workspace_id = $1 and c.id = p.contact_id
        ) as known
    from visible_board b
    join board_ideas p on p.workspace_id = $1 and p.board_id = $2
    join ideas i on i.workspace_id = $1 and i.id = p.idea_id and not i.archived and i.merged_root is null
    left join demand d on d.workspace_id = $1 and d.idea_id = i.id
    where not b.own_only or $3 = 'contact' and p.contact_id = $4
), visible_ranks as not materialized (
    select i.*, r.votes as ranked_votes, r.trend as ranked_trend, r.idea_id as ranked_id
    from visible_ideas i join demand_ranks r on r.workspace_id = $1 and r.idea_id = i.id
), visible_places as not materialized (
    select p.idea_id from board_ideas p where p.workspace_id = $1 and p.board_id = $2 order by p.idea_id desc
), visible_order as not materialized (
    select r.votes as rank, r.idea_id from demand_ranks r
    where r.workspace_id = $1 order by r.votes desc, r.idea_id desc
), visible_trend as not materialized (
    select r.trend as rank, r.idea_id from demand_ranks r
    where r.workspace_id = $1 order by r.trend desc, r.idea_id desc
), visible_terms as not materialized (
    select t.idea_id, t.term from idea_terms t where t.workspace_id = $1
), visible_comments as not materialized (
    select c.id, i.id as idea_id, c.parent_id, c.signature, c.state, c.edited_at is not null as edited, c.created_at,
        c.deleted_at is not null as deleted, c.text, c.contact_id is not null as from_customer,
        coalesce($3 = 'contact' and c.contact_id = $4, false) as mine, w.known
    from visible_ideas i
    join ideas m on {_OF_IDEA}
    join comments c on c.workspace_id = $1 and c.idea_id = m.id and c.visibility = 'public'
        and (c.board_id is null or c.board_id = i.board_id)
    left join comments r on r.workspace_id = $1 and r.id = c.parent_id
    left join lateral (
        select array_remove(array[o.name, o.email], null) as known from contacts o
        where o.workspace_id = $1 and o.id = c.contact_id
    ) as w on true
    where (c.state = 'shown' or c.state = 'pending' and c.deleted_at is null
            and ($3 = 'team' or $3 = 'contact' and c.contact_id = $4))
        and (c.parent_id is null or r.visibility = 'public' and r.state = 'shown')
), visible_submissions as (
    select s.id, s.title, s.description, s.state, s.idea_id, s.created_at,
        array_remove(array[c.name, c.email], null) as known
    from visible_board b join board_submissions s on s.workspace_id = $1 and s.board_id = b.id
    left join contacts c on c.workspace_id = $1 and c.id = s.contact_id
    where $3 = 'contact' and s.contact_id = $4 and s.state in ('pending', 'shown')
), visible_moves as (
    select m.id, i.id as root from visible_ideas i join ideas m on m.workspace_id = $1 and m.merged_root = i.id
    join board_ideas p on p.workspace_id = $1 and p.board_id = i.board_id and p.idea_id = m.id
), visible_ties as (
    select p.idea_id, 'brought' as tie from board_ideas p
    where p.workspace_id = $1 and p.board_id = $2 and $3 = 'contact' and p.contact_id = $4
    union all
    select m.root, 'voted' from votes v join ideas m on m.workspace_id = $1 and m.id = v.idea_id
    where v.workspace_id = $1 and $3 = 'contact' and v.contact_id = $4
    union all
    select m.root, 'follows' from idea_followers f join ideas m on m.workspace_id = $1 and m.id = f.idea_id
    where f.workspace_id = $1 and $3 = 'contact' and f.contact_id = $4 and f.follows
    union all
    select a.idea_id, 'follows' from idea_contacts a
    where a.workspace_id = $1 and $3 = 'contact' and a.contact_id = $4
), visible_texts as (
    select x.epoch, t.number, i.id from visible_ideas i
    join similar_indexes x on x.workspace_id = $1 and x.kind = 'idea'
    join similar_texts t on t.workspace_id = $1 and t.id = i.id and t.kind = 'idea' and t.epoch = x.epoch
)
"""
_BOARD = "key, name, description, visibility, submissions, comments, voting"
_IDEA = """i.id, i.title, i.description, i.status, i.votes, i.comments, i.importance, i.follows, i.from_customer,
    i.mine, i.created_at, i.known"""
_COMMENT = "id, parent_id, signature, state, edited, deleted, text, from_customer, mine, created_at, known"
_SUBMISSION = "id, title, description, state, idea_id, created_at, known"
BOARD = f"with {_VISIBLE} select id, {_BOARD} from visible_board"

Sort = Literal["new", "votes", "trending", "relevance"]
Way = Sort | Literal["typed"]
"""In which order ideas are listed; `typed` is relevance where few have what is being typed."""
# By demand, as a job has it from moments ago: what that is among what is visible, its type, and where all of it stands.
_RANKED: dict[Sort, tuple[str, str, str]] = {
    "votes": ("ranked_votes", "int", "visible_order"),
    "trending": ("ranked_trend", "float8", "visible_trend"),
}
# What is not asked for is null or false, and gone from the plan that is made for these values.
_WANTED = f"""
($6::text[] is null or i.status = any($6)) and ($7::uuid is null or i.product_id = $7) and {fits(8)}
"""
# Whom an idea is tied to is asked of the viewer's ties first, of which there are few; `follows` knows what they said
# last. Nothing of it is planned where nobody asks.
_TIED = """
and (not $9::boolean or i.id = any(array(select t.idea_id from visible_ties t where t.tie = 'brought')))
and (not $10::boolean or i.id = any(array(select t.idea_id from visible_ties t where t.tie = 'voted')))
and (not $11::boolean or i.follows and i.id = any(array(select t.idea_id from visible_ties t where t.tie = 'follows')))
and (not $12::boolean or (i.mine or i.importance is not null or i.follows)
    and i.id = any(array(select t.idea_id from visible_ties t)))
"""


_RELEVANCE = "ts_rank(i.search, $8::text::tsquery, 1)::float8 as sorted_by"


def _ranked(place: int) -> str:
    """Those of `found` behind a place, whose parts are numbered from there."""
    return f"""ranked as (
    select id, sorted_by, max(id::text) over () as newest, count(*) over () as matched from found
)
select id, sorted_by, newest, matched from ranked where (sorted_by, id) < (${place}::float8, ${place + 1}::uuid)
order by sorted_by desc, id desc limit $5"""


def _list(sort: Sort, terms: int, begun: int, *, tied: bool) -> str:
    """Which ideas, without what is told of them: that is looked up for a page, by a statement that is planned once.

    $5 is the limit; behind the filters come the parts of the cursor, the terms, and what the last word begins.
    """
    wanted, place = (_WANTED + _TIED, 13) if tied else (_WANTED, 9)
    if sort == "relevance":
        return f"""
with {_VISIBLE}, found as materialized (
    select i.id, {_RELEVANCE} from visible_ideas i
    where {wanted} and i.id <= ${place + 2}::uuid {looked_up(place + 3, terms, begun)}
    order by i.id desc limit {RANKED}
), {_ranked(place)}
"""
    if sort in _RANKED:
        # Of one table, so that one index gives both.
        rank, kind, _ = _RANKED[sort]
        return f"""
with {_VISIBLE} select i.id, i.{rank} as sorted_by from visible_ranks i
where {wanted} and (i.{rank}, i.ranked_id) < (${place}::{kind}, ${place + 1}::uuid)
{looked_up(place + 2, terms, begun)} order by i.{rank} desc, i.ranked_id desc limit $5
"""
    return f"""
with {_VISIBLE} select i.id from visible_ideas i
where {wanted} and i.id < ${place}::uuid {looked_up(place + 1, terms, begun)} order by i.id desc limit $5
"""


def _walk(sort: Sort) -> str:
    """The same without words and ties, as far as the next $8 in that order go: no more is looked at.

    One by one (`limit 1`): row security lets the planner believe that next to nothing is left of tables that many
    workspaces share, and it would put together all of a large board to sort it.
    """
    if sort in _RANKED:
        _, kind, walked = _RANKED[sort]
        key, place = "w.rank as sorted_by,", f"(w.rank, w.idea_id) < ($9::{kind}, $10::uuid)"
        order = "w.rank desc, w.idea_id desc"
    else:
        walked, key, place = "visible_places", "", "w.idea_id < $9::uuid"
        order = "w.idea_id desc"
    return f"""
with {_VISIBLE}, looked as (
    select w.* from {walked} w where {place} order by {order} limit $8
)
select {key} w.idea_id as id, (select count(*) from looked) as looked from looked w, lateral (
    select i.status, i.product_id from visible_ideas i where i.id = w.idea_id limit 1
) as i
where ($6::text[] is null or i.status = any($6)) and ($7::uuid is null or i.product_id = $7)
order by {order} limit $5
"""


def _typed(terms: int, begun: int) -> str:
    """By relevance: what has the last word, or else the first term, is looked at one by one, the newest first.

    So many are looked at, the last argument, at most.

    The planner would read all that stands on a board to find them there. How many are found (`matched`) tells whether
    that was all, or enough.
    """
    return f"""
with {_VISIBLE}, holding as materialized (
    select distinct t.idea_id from visible_terms t where {begins(12 + terms, begun) if begun else "t.term = $12::text"}
), found as materialized (
    select i.* from (
        select idea_id from holding where idea_id <= $11::uuid order by idea_id desc limit ${12 + terms + begun}
    ) as b, lateral (
        select i.id, {_RELEVANCE} from visible_ideas i
        where i.id = b.idea_id and {_WANTED} {looked_up(12, terms, 0)} limit 1
    ) as i order by b.idea_id desc limit {RANKED}
), {_ranked(9)}
"""


WALKS: dict[Sort, str] = {sort: _walk(sort) for sort in get_args(Sort) if sort != "relevance"}
LISTS: dict[tuple[Way, int, int, bool], str] = {
    **{
        (sort, terms, begun, tied): _list(sort, terms, begun, tied=tied)
        for sort in get_args(Sort)
        for terms in range(MOST_TERMS + 1)
        for begun in BEGUN
        for tied in (False, True)
    },
    **{
        ("typed", terms, begun, False): _typed(terms, begun)
        for terms in range(MOST_TERMS + 1)
        for begun in BEGUN
        if begun or terms > 1
    },
}
"""By the way, the number of terms and of arguments of what is being typed, and whether ties are asked for."""
IDEA = f"with {_VISIBLE} select {_IDEA}, i.commentable, i.votable from visible_ideas i where i.id = $5"
THESE = f"with {_VISIBLE} select {_IDEA} from visible_ideas i where i.id = any($5::uuid[])"
# Who saw an idea here before it was merged hears where it went.
MOVED = f"with {_VISIBLE} select root from visible_moves where id = $5"
# In an index of what is alike, four bytes each: the newest, $5 at most; of what the viewer brought alone where $6.
NUMBERS = f"""
with {_VISIBLE}, newest as (
    select t.epoch, t.number from visible_texts t
    where not $6::boolean or t.id = any(array(select w.idea_id from visible_ties w where w.tie = 'brought'))
    order by t.id desc limit $5
)
select epoch, string_agg(int4send(number::int), ''::bytea) as numbers from newest group by epoch
order by epoch desc limit 1
"""
COMMENTS = (
    f"with {_VISIBLE} select {_COMMENT} from visible_comments where idea_id = $5 and id > $6 order by id limit $7"
)
COMMENT = f"with {_VISIBLE} select {_COMMENT}, idea_id from visible_comments where id = $5"
SUBMISSIONS = f"with {_VISIBLE} select {_SUBMISSION} from visible_submissions where id < $5 order by id desc limit $6"
SUBMISSION = f"with {_VISIBLE} select {_SUBMISSION} from visible_submissions where id = $5"
