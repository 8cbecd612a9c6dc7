"""What a mapping is tried on, as rows."""

RULES = "select vendor, rules::text as rules from connections where workspace_id = $1 and id = $2"
GET_PAYLOAD = """
select headers::text as headers, body, delivery_key, fetched as payload from deliveries
where workspace_id = $1 and id = $2 and connection_id = $3
"""
