"""Products and components as rows."""

_PRODUCT = "id, key, name, description, archived, version, created_at"
ADD = f"""
insert into products (id, workspace_id, key, name, description) values ($1, $2, $3, $4, $5)
on conflict (workspace_id, key) do nothing returning {_PRODUCT}
"""
GET = f"select {_PRODUCT} from products where workspace_id = $1 and id = $2"
LOCK = f"select {_PRODUCT} from products where workspace_id = $1 and id = $2 for no key update"
LIST = f"""
select {_PRODUCT} from products
where workspace_id = $1 and id > $2 and ($4::boolean is null or archived = $4) order by id limit $3
"""
UPDATE = f"""
update products set name = $3, description = $4, archived = $5, version = version + 1
where workspace_id = $1 and id = $2 returning {_PRODUCT}
"""
NAMED = """
select id from products where workspace_id = $1 and (id = $2::uuid or key = $3::text)
"""

NAMED_MANY = """
select p.workspace_id, p.id, p.key from unnest($1::uuid[], $2::uuid[], $3::text[]) as asked (workspace_id, id, key)
join products p on p.workspace_id = asked.workspace_id and (p.id = asked.id or p.key = asked.key)
"""
_COMPONENT = "id, product_id, key, name, archived, version, created_at"
ADD_COMPONENT = f"""
insert into components (id, workspace_id, product_id, key, name) values ($1, $2, $3, $4, $5)
on conflict (product_id, key) do nothing returning {_COMPONENT}
"""
GET_COMPONENT = f"select {_COMPONENT} from components where workspace_id = $1 and id = $2"
LOCK_COMPONENT = f"select {_COMPONENT} from components where workspace_id = $1 and id = $2 for no key update"
LIST_COMPONENTS = f"""
select {_COMPONENT} from components
where workspace_id = $1 and product_id = $2 and id > $3 and ($5::boolean is null or archived = $5) order by id limit $4
"""
UPDATE_COMPONENT = f"""
update components set name = $3, archived = $4, version = version + 1
where workspace_id = $1 and id = $2 returning {_COMPONENT}
"""
# A key is a component's own within its product only.
NAMED_COMPONENTS = """
select c.id, c.product_id from components c join products p on p.id = c.product_id
where p.workspace_id = $1 and c.workspace_id = $1 and (c.id = $2::uuid or c.key = $3::text)
  and ($4::uuid is null or c.product_id = $4)
order by c.id limit 2
"""
