// Events (seeds/events.csv) on charts of days.
import { t, whole } from './language.js';

const said = ({ label, is_all, names, stores }) => (is_all !== false ? label : names ? t('event-in', { label, names }) : t('event-in_stores', { label, stores: whole(stores) }));

/**
 * What happens on a row's day, as text; undefined on other days.
 *
 * events: rows of day and label; where it is not in all stores also is_all (false), stores (how many) and their names, if they are few.
 */
export const eventsOf = (events) => {
	const byDay = new Map();
	for (const event of events) byDay.set(event.day, [...(byDay.get(event.day) ?? []), said(event)]);
	return (row) => byDay.get(row.day)?.join(t('list-separator'));
};
