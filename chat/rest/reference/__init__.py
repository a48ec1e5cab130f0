"""The API's reference: one working call for every operation, and what it answered."""
