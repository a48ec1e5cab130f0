"""What a process counts of itself, for GET /metrics. Touched per event, batch or call, never per
receiver: one touch costs half a microsecond.

With PROMETHEUS_MULTIPROC_DIR set (the workers of `up --workers N`) the counts lie in files, and
whichever worker is asked adds them up.
"""

from prometheus_client import Counter, Gauge, Histogram

_LATENCY_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)

CONNECTIONS = Gauge(
    "imadmin_connections", "Open gateway sockets", ["wire"], multiprocess_mode="livesum"
)
STORED = Counter("imadmin_entries_stored", "Entries committed by the batching writer")
DELIVERIES = Counter("imadmin_deliveries", "Messages handed to connections of this process")
OUTBOX_DROPS = Counter(
    "imadmin_outbox_drops", "Connections closed because their client did not read"
)
BATCH_SIZE = Histogram(
    "imadmin_writer_batch_entries",
    "Entries in one commit of the writer",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
COMMIT_SECONDS = Histogram(
    "imadmin_writer_commit_seconds", "Time of one commit of the writer", buckets=_LATENCY_S
)
RELAY_SECONDS = Histogram(
    "imadmin_relay_seconds", "From another process's publish to here, sampled", buckets=_LATENCY_S
)
WEBHOOK_CALLS = Counter("imadmin_webhook_calls", "Calls of webhooks", ["result"])
