-- Who came back in each $grain after a first ($entry = 'first') or any ($entry = 'recurring') one with an event.
WITH active AS (
    SELECT DISTINCT user_id, date_trunc($grain, occurred_day) AS period
    FROM read_parquet($events)
    WHERE type = 'track' AND occurred_day <= $until
), began AS (
    SELECT user_id, min(period) AS cohort FROM active GROUP BY user_id
), cohorts AS (
    SELECT user_id, cohort FROM began WHERE $entry = 'first'
    UNION ALL
    SELECT user_id, period FROM active WHERE $entry = 'recurring'
), sizes AS (
    SELECT cohort, count(*) AS people FROM cohorts WHERE cohort >= $since GROUP BY cohort
), returned AS (
    SELECT c.cohort, a.period, count(*) AS retained
    FROM cohorts c JOIN active a ON a.user_id = c.user_id AND a.period >= c.cohort
    WHERE c.cohort >= $since
    GROUP BY c.cohort, a.period
), cells AS (
    SELECT s.cohort, s.people, p.cohort AS period, date_diff($grain, s.cohort, p.cohort) AS age
    FROM sizes s JOIN sizes p ON p.cohort >= s.cohort
)
SELECT
    c.cohort::DATE AS cohort, c.age, c.people, coalesce(r.retained, 0) AS retained,
    coalesce(r.retained, 0) / c.people::DOUBLE AS rate, true AS complete
FROM cells c LEFT JOIN returned r ON r.cohort = c.cohort AND r.period = c.period
ORDER BY 1, 2
