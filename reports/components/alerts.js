// Alerts in the site's language: the marts have the id of an alert's sentence and its values, the phrases have the sentence.
import { longDay, missing, moment } from './format.js';
import { knows, t, whole, wordOf } from './language.js';

const WRITTEN = {
	day: (text) => longDay(text.slice(0, 10)),
	moment: (text) => moment(text.slice(0, 16)),
	source: (text) => wordOf('source', text),
	...Object.fromEntries(['visits', 'hours', 'percent', 'records', 'rows', 'failed', 'all', 'old'].map((name) => [name, (text) => whole(Number(text))])),
	mean: Number
};

const values = (parts) => Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, missing(text) ? t('no_data') : (WRITTEN[name] ?? String)(text)]));

/** What an alert, or the state of the pipeline, says: parts as the marts have them (JSON), and their sentence where the site has no phrase of it. */
export const sentence = (parts, text) => {
	const { id, ...rest } = JSON.parse(parts ?? '{}');
	return knows(id) ? t(id, values(rest)) : text;
};

/** Rows with their `message` in the site's language. */
export const messagesOf = (rows) => rows.map((row) => ({ ...row, message: sentence(row.message_parts, row.message) }));

const inList = (parts) => {
	const id = parts.id.replace(/-[^-]+$/, '-in_list');
	const said = values(parts);
	return knows(id) ? t(id, { ...said, value: said.visits ?? said.hours ?? '' }) : sentence(JSON.stringify(parts));
};
const ended = (text) => (/[.!?]$/.test(text) ? text : t('attention-full_stop', { text }));

/** Rows of agg_attention with their `title` and `detail` in the site's language. */
export const attentionOf = (rows) =>
	rows.map((row) => {
		const all = JSON.parse(row.parts ?? '[]');
		const id = `alerts-${row.kind}-title`;
		if (all.length === 0 || !knows(id)) return row;
		const list = all.map(inList).join(t('list-separator'));
		return {
			...row,
			title: t(id, { place: wordOf('source', row.place), count: row.alerts }),
			detail: row.alerts === 1 ? ended(sentence(JSON.stringify(all[0]))) : row.left_out > 0 ? t('attention-longer_list', { list, more: whole(row.left_out) }) : t('attention-list', { list })
		};
	});
