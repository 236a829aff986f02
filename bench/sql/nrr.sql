-- Net revenue retention over twelve months: MRR of each account at each month end, joined to itself a year later.
WITH items AS (
    SELECT account_id, currency, valid_from_day AS from_day, coalesce(valid_to_day, access_ends_day) AS to_day,
           (2 * net_micros + months) // (2 * months) AS mrr
    FROM (
        SELECT *, interval_count * CASE billing_interval WHEN 'year' THEN 12 WHEN 'month' THEN 1 END AS months
        FROM read_parquet($terms)
        WHERE superseded_at IS NULL AND status IN ('active', 'past_due') AND NOT metered AND net_micros > 0
    )
),
calendar AS (
    SELECT month::DATE AS month, least(last_day(month), $until) AS closes
    FROM generate_series($since - INTERVAL 12 MONTH, $until, INTERVAL 1 MONTH) AS months(month)
),
balances AS (
    SELECT account_id, currency, month, sum(mrr) AS mrr
    FROM calendar JOIN items ON from_day <= closes AND (to_day IS NULL OR to_day > closes)
    GROUP BY account_id, currency, month
),
compared AS (
    SELECT (was.month + INTERVAL 12 MONTH)::DATE AS month, was.currency,
           sum(was.mrr) AS start_mrr, coalesce(sum(now.mrr), 0) AS end_mrr
    FROM balances AS was
    LEFT JOIN balances AS now
        ON now.account_id = was.account_id AND now.currency = was.currency AND now.month = was.month + INTERVAL 12 MONTH
    GROUP BY ALL
)
SELECT month AS period, currency, coalesce(start_mrr, 0) AS start_mrr, coalesce(end_mrr, 0) AS end_mrr,
       end_mrr / nullif(start_mrr, 0) AS rate
FROM calendar CROSS JOIN (SELECT DISTINCT currency FROM items) LEFT JOIN compared USING (month, currency)
WHERE month >= $since
ORDER BY period, currency
