"""The shapes of the API's answers, a module a resource."""
