WITH active AS (
    SELECT DISTINCT user_id, date_trunc($grain, occurred_day)::DATE AS period
    FROM read_parquet($events)
    WHERE type = 'track' AND occurred_day <= $until
), placed AS (
    SELECT
        user_id, period,
        min(period) OVER (PARTITION BY user_id) AS first_period,
        lag(period) OVER (PARTITION BY user_id ORDER BY period) AS before,
        lead(period) OVER (PARTITION BY user_id ORDER BY period) AS after
    FROM active
), states AS (
    SELECT period, CASE
        WHEN period = first_period THEN 'new'
        WHEN before = period - to_months(1) THEN 'returning'
        ELSE 'resurrected' END AS state
    FROM placed
    UNION ALL
    SELECT (period + to_months(1))::DATE, 'dormant'
    FROM placed
    WHERE after IS NULL OR after > period + to_months(1)
)
SELECT
    period,
    count(*) FILTER (state = 'new') AS "new",
    count(*) FILTER (state = 'returning') AS returning,
    count(*) FILTER (state = 'resurrected') AS resurrected,
    count(*) FILTER (state = 'dormant') AS dormant
FROM states
WHERE period BETWEEN $since AND $until
GROUP BY period
ORDER BY period
