// What each product, region, store or country sold on some days, its share, and its change vs what the days are compared with.
import { USUAL } from './compare.js';
import { literal } from './days.js';

/**
 * SQL for the browser's database: rows of what, name, note, the figures, share and vs_before, the largest first. The rows before anything is
 * chosen are those of the page's query `shares`.
 *
 * breakdown: the table of what was sold by day (reports/sources): what, name, note and figures, revenue among them; figures: which to sum up;
 * days: the table that says which days are over; begin, end: the days; comparison: one of compare.js; where: SQL that chooses rows of `breakdown`.
 */
export const sharesOf = ({ breakdown, figures, days, begin, end, comparison = USUAL, where = 'true' }) => `
	select
		what,
		name,
		note,
		${figures.map((figure) => `sum_of_days(${figure}, is_wanted) as ${figure},`).join(' ')}
		share_of_days(revenue, is_wanted, what) as share,
		change_of_days(revenue, is_compared, weight) as vs_before
	from ${breakdown} as sold
	inner join compared_days(
		(select list(day) from ${days} where is_complete), ${literal(begin)}, ${literal(end)}, [${comparison.days.join(', ')}]
	) as chosen on sold.day = chosen.day
	where ${where}
	group by what, name, note
	order by what, revenue desc, name`;
