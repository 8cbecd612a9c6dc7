"""What is asked for lately: votes that count the less the older they are, and half after a half-life.

    heat  = sum of 2^((day of the vote - first day) / half-life)        over contacts, the last vote of each
    trend = log2(heat)

Exponential decay, counted forward: instead of every vote losing weight day by day, a later one weighs more, by the same
factor. So what time passes changes no order, and nothing has to be counted anew but where somebody votes: an idea is
above another today just where the sum of 2^(-age / half-life) is greater. (Cormode, Shkapenyuk, Srivastava and Xu,
"Forward Decay", ICDE 2009.)

Heat is kept as a whole number, of any length: weights are a power of two times one of fourteen factors, which have 20
bits. What is added is taken away again exactly, in whatever order; in floating point each withdrawal would leave
something behind, and a merge that is undone another number than before.
"""

HALF_LIFE = 14
"""Days."""
FIRST_DAY = "2020-01-01"
"""UTC. Whatever is older weighs what that day does: next to nothing."""
FACTORS = tuple(round(2 ** (20 + step / HALF_LIFE)) for step in range(HALF_LIFE))


def weight(moment: str) -> str:
    """How much a vote of that moment weighs, as SQL: a whole number, 0 for null."""
    days = f"greatest(0, ({moment} at time zone 'UTC')::date - date '{FIRST_DAY}')"
    factor = f"('{{{','.join(map(str, FACTORS))}}}'::numeric[])[1 + {days} % {HALF_LIFE}]"
    return f"case when {moment} is null then 0 else trunc({factor} * 2::numeric ^ ({days} / {HALF_LIFE})) end"


def trend(heat: str) -> str:
    """The score of a heat, as SQL; 0 where nobody voted, which is below any that somebody voted for."""
    return f"case when {heat} > 0 then (ln({heat}) / ln(2.0))::float8 else 0 end"
