"""The edge to where a company keeps its people: OpenID Connect providers and LDAP servers."""
