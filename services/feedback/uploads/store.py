"""Uploaded files as rows, a part each."""

# Nothing is added to what has its file already, or is gone.
ADD = """
insert into import_parts (workspace_id, import_id, upload, number, content)
select $1, id, $3, $4, $5 from imports where workspace_id = $1 and id = $2 and state = 'awaiting_file'
"""
PART = "select content from import_parts where workspace_id = $1 and import_id = $2 and upload = $3 and number = $4"
DROP = "delete from import_parts where workspace_id = $1 and import_id = $2 and upload = $3"
DROP_OTHERS = "delete from import_parts where workspace_id = $1 and import_id = $2 and upload <> $3"
DROP_ALL = "delete from import_parts where workspace_id = $1 and import_id = $2"
