-- Retention of monthly cohorts: spans joined to a calendar of month ends, distinct accounts, joined to their cohorts.
WITH items AS (
    SELECT account_id, valid_from_day AS from_day, coalesce(valid_to_day, access_ends_day) AS to_day
    FROM read_parquet($terms)
    WHERE superseded_at IS NULL AND status IN ('active', 'past_due') AND NOT metered AND net_micros > 0
),
calendar AS (
    SELECT month::DATE AS month, least(last_day(month), $until) AS closes
    FROM generate_series($since, $until, INTERVAL 1 MONTH) AS months(month)
),
live AS (
    SELECT DISTINCT account_id, month
    FROM calendar JOIN items ON from_day <= closes AND (to_day IS NULL OR to_day > closes)
),
firsts AS (
    SELECT account_id, date_trunc('month', min(from_day))::DATE AS cohort FROM items GROUP BY account_id
),
sizes AS (
    SELECT cohort, count(*) AS accounts FROM firsts GROUP BY cohort
),
kept AS (
    SELECT cohort, month, count(*) AS retained FROM live JOIN firsts USING (account_id) GROUP BY cohort, month
),
cells AS (
    SELECT cohorts.month AS cohort, seen.month, date_diff('month', cohorts.month, seen.month) AS age
    FROM calendar AS cohorts JOIN calendar AS seen ON seen.month >= cohorts.month
),
filled AS (
    SELECT cohort, age, coalesce(accounts, 0) AS accounts,
           coalesce(CASE WHEN age = 0 THEN accounts ELSE retained END, 0) AS retained, month
    FROM cells LEFT JOIN sizes USING (cohort) LEFT JOIN kept USING (cohort, month)
)
SELECT cohort, age, accounts, retained, retained / nullif(accounts, 0) AS rate,
       month + INTERVAL 1 MONTH <= $today AS complete
FROM filled
ORDER BY cohort, age
