-- As PostHog counts: for each person the sorted periods with an event, as an array, laid against each start.
WITH people AS (
    SELECT user_id, arraySort(groupUniqArray(toDate32({period}))) AS periods
    FROM {events}
    WHERE type = 'track' AND occurred_day <= toDate32('{until}')
    GROUP BY user_id
), starts AS (
    SELECT periods, arrayJoin({starts}) AS cohort FROM people
), intervals AS (
    SELECT cohort, arrayJoin(arrayFilter(one -> one >= cohort, periods)) AS period FROM starts
)
SELECT cohort, period, count() AS retained
FROM intervals
WHERE cohort >= toDate32('{since}')
GROUP BY cohort, period
ORDER BY cohort, period
