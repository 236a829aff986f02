SELECT date_trunc($grain, occurred_day)::DATE AS period, count(DISTINCT user_id) AS active
FROM read_parquet($events)
WHERE type = 'track' AND occurred_day BETWEEN $since AND $until
GROUP BY 1
ORDER BY 1
