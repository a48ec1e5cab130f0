"""Large amounts of data for tests and measurements (`manage.py seed_large`)."""
