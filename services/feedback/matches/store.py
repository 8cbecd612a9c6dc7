"""Lists of who has a word, as rows of the index of what is alike."""

INDEX = "select epoch, next_number, texts from similar_indexes where workspace_id = $1 and kind = $2"
# How long each list is, without reading it.
SIZES = """
select term, block, octet_length(entries) as size from similar_postings
where workspace_id = $1 and kind = $2 and term = any($3::bigint[])
"""
ENTRIES = """
select term, block, entries from similar_postings
where workspace_id = $1 and kind = $2 and term = any($3::bigint[]) and block = any($4::int[])
"""
NUMBER = "select number from similar_texts where workspace_id = $1 and id = $2 and kind = $3 and epoch = $4"
# Of whatever is nearest to a text that is not there (any more).
NUMBER_BEFORE = """
select number from similar_texts where workspace_id = $1 and id < $2 and kind = $3 and epoch = $4
order by id desc limit 1
"""
