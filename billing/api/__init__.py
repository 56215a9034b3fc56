"""The routes of stays, bills, the ledger and the desk of doubts, to be mounted under the API's prefix."""

from billing.api.stays import billing_router

__all__ = ["billing_router"]
