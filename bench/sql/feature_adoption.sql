WITH used AS (
    SELECT DISTINCT date_trunc($grain, occurred_day)::DATE AS period, event AS feature, user_id
    FROM read_parquet($events)
    WHERE type = 'track' AND occurred_day BETWEEN $since AND $until
), adopters AS (
    SELECT period, feature, count(*) AS adopters FROM used GROUP BY period, feature
), eligible AS (
    SELECT period, count(DISTINCT user_id) AS eligible FROM used GROUP BY period
)
SELECT e.period, f.feature, e.eligible, coalesce(a.adopters, 0) AS adopters, coalesce(a.adopters, 0) / e.eligible::DOUBLE AS rate
FROM eligible e CROSS JOIN (SELECT DISTINCT feature FROM used) f
LEFT JOIN adopters a ON a.period = e.period AND a.feature = f.feature
ORDER BY 1, 2
