// What days are compared with, on every page that has dates: one list, and one rule for what a span of days comes to beside it.
// What each day is compared with comes with its row, from the SQL of the pages: the mart's usual, and the macro `days_before`.
import { change, missing, tone } from './format.js';
import { t, whole } from './language.js';

const comparison = (id, field, days) => ({
	id,
	field,
	days,
	get title() {
		return t(`compare-${id}-title`);
	},
	get option() {
		return t(`compare-${id}-option`);
	},
	get heading() {
		return t(`compare-${id}-heading`);
	},
	vs: (change) => t(`compare-${id}-vs`, { change })
});

/** id: as the address has it; field: the column of the rows, behind the measure's name where a row has several; days: how many days before. In words:
    title: what was; option: of the choice "compared with"; heading: of a column of changes; vs: a change as a sentence. */
export const COMPARISONS = [comparison('usual', 'usual', [7, 14, 21, 28]), comparison('week', 'before_7', [7]), comparison('4-weeks', 'before_28', [28]), comparison('year', 'before_364', [364])];
export const USUAL = COMPARISONS[0];

const fieldOf = (comparison, measure) => (measure ? `${measure}_${comparison.field}` : comparison.field);

/** What a row's figure is compared with; `measure` as the columns begin where rows have several. */
export const before = (row, comparison, measure = '') => row[fieldOf(comparison, measure)];

/** The comparisons that at least one of the rows has an answer to. */
export const offered = (rows, measure = '') => COMPARISONS.filter((comparison) => rows.some((row) => !missing(before(row, comparison, measure))));

export const changeOf = (now, was) => (missing(now) || missing(was) || !(was > 0) ? null : (100 * (now - was)) / was);

/** The change of one day in percent; of a day that is not over there is none. */
export const dayChange = (row, comparison, value = 'estimated', measure = '') => (row.is_complete === false || row.is_closed ? null : changeOf(row[value], before(row, comparison, measure)));

/**
 * A span of days beside what they are compared with. A day counts where both are known and it is over, and then in both sums.
 *
 * rows: by day, with is_complete, is_closed where a day can be; value, measure: the field and how its comparisons begin; over: the
 * same two of a denominator, for a ratio of sums.
 * Returns days, now and was (sums, or their ratios), change (percent; null where there is none).
 */
export const compared = (rows, comparison, { value = 'estimated', measure = '', over = undefined } = {}) => {
	const parts = over ? [{ value, measure }, over] : [{ value, measure }];
	const isKnown = (row) => row.is_complete !== false && !row.is_closed && parts.every((part) => !missing(row[part.value]) && !missing(before(row, comparison, part.measure)));
	const both = comparison ? rows.filter(isKnown) : [];
	const sum = (of) => both.reduce((total, row) => total + of(row), 0);
	const [now, was] = [(row, part) => row[part.value], (row, part) => before(row, comparison, part.measure)].map((of) => {
		const [top, bottom] = parts.map((part) => sum((row) => of(row, part)));
		return over ? (bottom > 0 ? top / bottom : null) : top;
	});
	return { days: both.length, now, was, change: both.length ? changeOf(now, was) : null };
};

/** What a figure is compared with, in a tooltip: its value as text, and the change in percent where there is one. */
export const comparedIn = (comparison, value, against) => t(missing(against) ? 'tip-compared' : 'tip-compared_change', { what: comparison.title, value, change: missing(against) ? '' : change(against) });

/** The note and the tone of a figure: its change, and of how many of the days where that is not all of them. */
export const noteOf = ({ days, change: value }, all, comparison) => {
	if (!comparison || missing(value)) return { note: '', tone: '' };
	const words = comparison.vs(change(value));
	return { note: days === all ? words : t('compare-of_days', { change: words, days: whole(days), all: whole(all) }), tone: tone(value) };
};
