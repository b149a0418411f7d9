"""The statement behind the list of queries: sums by fingerprint, the state of each, and a page of them."""

from __future__ import annotations

from typing import Final

# Rows of a nested operation are its parent's too: a sum over all operations leaves them out.
PAGE: Final = """
WITH by_place AS (
    SELECT p.query_id, p.location_id,
           sum(p.runs)::bigint AS calls, sum(p.duration_s) * 1e3 AS total_ms,
           max(p.duration_max_s) * 1e3 AS max_ms, sum(p.slow)::bigint AS slow, sum(p.rows)::bigint AS rows,
           sum(p.duplicates)::bigint AS duplicates, sum(p.nplusone)::bigint AS nplusone,
           sum(p.nplusone_runs)::bigint AS nplusone_runs
    FROM tachograph_query_period p
    WHERE {rows}
    GROUP BY p.query_id, p.location_id
), by_query AS (
    SELECT b.query_id AS fingerprint,
           sum(b.calls)::bigint AS calls, sum(b.total_ms) AS total_ms, max(b.max_ms) AS max_ms,
           sum(b.total_ms) / nullif(sum(b.calls), 0) AS mean_ms,
           sum(b.slow)::bigint AS slow, sum(b.rows)::bigint AS rows,
           sum(b.duplicates)::bigint AS duplicates, sum(b.nplusone)::bigint AS nplusone,
           sum(b.nplusone_runs)::bigint AS nplusone_runs,
           coalesce(
               bool_and(a.id IS NOT NULL) FILTER (WHERE b.slow + b.nplusone > 0), bool_and(a.id IS NOT NULL)
           ) AS acknowledged
    FROM by_place b
    LEFT JOIN tachograph_acknowledgement a
        ON a.query_id = b.query_id AND a.location_id = b.location_id AND a.reopened_at IS NULL
    GROUP BY b.query_id
), named AS (
    SELECT q.sql, q.kind, q.alias, q.tables, q.first_seen, b.*,
           CASE WHEN q.muted_at IS NOT NULL THEN 'muted' WHEN b.acknowledged THEN 'acknowledged'
                ELSE 'open' END AS state
    FROM by_query b JOIN tachograph_query q ON q.fingerprint = b.fingerprint
), chosen AS MATERIALIZED (
    SELECT * FROM named WHERE {filters}
)
SELECT t.*, left(c.sql, %s) AS sql, length(c.sql) AS sql_chars, c.kind, c.alias, c.tables, c.first_seen,
       c.fingerprint, c.calls, c.total_ms, c.mean_ms, c.max_ms, c.slow, c.rows, c.duplicates, c.nplusone,
       c.nplusone_runs, c.state
FROM (
    SELECT count(*) AS all_fingerprints, coalesce(sum(calls), 0)::bigint AS all_calls,
           coalesce(sum(total_ms), 0) AS all_ms, max(max_ms) AS all_max_ms,
           coalesce(sum(slow), 0)::bigint AS all_slow, coalesce(sum(nplusone), 0)::bigint AS all_nplusone
    FROM chosen
) t
LEFT JOIN LATERAL (
    SELECT *, row_number() OVER (ORDER BY {order}, fingerprint) AS place FROM chosen
    ORDER BY place LIMIT %s OFFSET %s
) c ON true
ORDER BY c.place
"""
