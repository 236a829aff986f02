-- MRR and its movements by month and currency. Balances: spans joined to a calendar of month ends.
-- Movements: every account's changes netted by day, classified by what it paid before and after.
WITH items AS (
    SELECT account_id, currency, product, valid_from_day AS from_day, coalesce(valid_to_day, access_ends_day) AS to_day,
           (2 * net_micros + months) // (2 * months) AS mrr
    FROM (
        SELECT *, interval_count * CASE billing_interval WHEN 'year' THEN 12 WHEN 'month' THEN 1 END AS months
        FROM read_parquet($terms)
        WHERE superseded_at IS NULL AND status IN ('active', 'past_due') AND NOT metered AND net_micros > 0
    )
),
calendar AS (
    SELECT month::DATE AS month, least(last_day(month), $until) AS closes
    FROM generate_series($since - INTERVAL 1 MONTH, $until, INTERVAL 1 MONTH) AS months(month)
),
grid AS (
    SELECT month, currency FROM calendar CROSS JOIN (SELECT DISTINCT currency FROM items)
),
balances AS (
    SELECT month, currency, sum(mrr) AS closing
    FROM calendar JOIN items ON from_day <= closes AND (to_day IS NULL OR to_day > closes)
    GROUP BY month, currency
),
changes AS (
    SELECT account_id, currency, product, from_day AS day, mrr AS delta FROM items
    UNION ALL
    SELECT account_id, currency, product, to_day, -mrr FROM items WHERE to_day IS NOT NULL
),
daily AS (
    SELECT account_id, day, currency, product, sum(delta) AS delta
    FROM changes WHERE day <= $until
    GROUP BY account_id, day, currency, product
    HAVING sum(delta) <> 0
),
levels AS (
    SELECT account_id, day, sum(delta) AS delta, sum(sum(delta)) OVER (PARTITION BY account_id ORDER BY day) AS after
    FROM daily GROUP BY account_id, day
),
statuses AS (
    SELECT account_id, day, after > 0 AS is_now, after - delta > 0 AS was,
           max(after) OVER (PARTITION BY account_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > 0 AS ever
    FROM levels
),
first_days AS (
    SELECT account_id, product, min(day) AS day FROM daily WHERE delta > 0 GROUP BY account_id, product
),
moves AS (
    SELECT daily.account_id, daily.day, daily.currency, daily.delta, first_days.day IS NOT NULL AS new_product,
           sum(daily.delta) OVER (PARTITION BY daily.account_id, daily.day, daily.currency) AS net,
           CASE
               WHEN is_now AND NOT was THEN CASE WHEN ever THEN 'reactivation' ELSE 'new' END
               WHEN was AND NOT is_now THEN 'churn'
               WHEN net < 0 THEN 'contraction'
               ELSE 'expansion'
           END AS movement
    FROM daily
    JOIN statuses USING (account_id, day)
    LEFT JOIN first_days USING (account_id, product, day)
),
flows AS (
    SELECT date_trunc('month', day)::DATE AS month, currency,
           sum(delta) FILTER (movement = 'new') AS new,
           sum(delta) FILTER (movement = 'reactivation') AS reactivation,
           sum(delta) FILTER (movement = 'expansion') AS expansion,
           sum(delta) FILTER (movement = 'expansion' AND NOT new_product) AS upsell,
           sum(delta) FILTER (movement = 'expansion' AND new_product) AS cross_sell,
           sum(delta) FILTER (movement = 'contraction') AS contraction,
           sum(delta) FILTER (movement = 'churn') AS churn,
           count(DISTINCT account_id) FILTER (movement = 'new') AS new_accounts,
           count(DISTINCT account_id) FILTER (movement = 'reactivation') AS reactivated_accounts,
           count(DISTINCT account_id) FILTER (movement = 'expansion' AND net <> 0) AS expanded_accounts,
           count(DISTINCT account_id) FILTER (movement = 'contraction') AS contracted_accounts,
           count(DISTINCT account_id) FILTER (movement = 'churn') AS churned_accounts
    FROM moves
    GROUP BY ALL
),
months AS (
    SELECT month, currency,
           coalesce(lag(closing) OVER (PARTITION BY currency ORDER BY month), 0) AS opening, coalesce(closing, 0) AS closing
    FROM grid LEFT JOIN balances USING (month, currency)
)
SELECT month AS period, currency, opening, coalesce(new, 0) AS new, coalesce(reactivation, 0) AS reactivation,
       coalesce(expansion, 0) AS expansion, coalesce(upsell, 0) AS upsell, coalesce(cross_sell, 0) AS cross_sell,
       coalesce(contraction, 0) AS contraction, coalesce(churn, 0) AS churn,
       closing - opening - coalesce(new, 0) - coalesce(reactivation, 0) - coalesce(expansion, 0)
           - coalesce(contraction, 0) - coalesce(churn, 0) AS fx,
       closing, coalesce(new_accounts, 0) AS new_accounts, coalesce(reactivated_accounts, 0) AS reactivated_accounts,
       coalesce(expanded_accounts, 0) AS expanded_accounts, coalesce(contracted_accounts, 0) AS contracted_accounts,
       coalesce(churned_accounts, 0) AS churned_accounts
FROM months LEFT JOIN flows USING (month, currency)
WHERE month >= $since
ORDER BY period, currency
