// The site's language: phrases come from locales/<language>.ftl, which a publication brings (/data/phrases.ftl) with the locale, the time
// zone and the currency of the settings SITE__… (/data/site.json). Without one, and while pages are built, the pages speak English.
import { FluentBundle, FluentDateTime, FluentNumber, FluentResource } from '@fluent/bundle';

let bundle;
const site = {};

/** The phrase of this id, with its values filled in; an id that no phrase has is shown as it is. */
export const t = (id, values = {}) => {
	const message = bundle.getMessage(id);
	return message?.value ? bundle.formatPattern(message.value, values, []) : id;
};

/** Whether there is a phrase of this id. */
export const knows = (id) => bundle.hasMessage(id);

/** The phrase of a word that the data has; the word itself where there is none, as of a status that only one shop knows. */
export const wordOf = (kind, word) => {
	const id = `${kind}-${String(word ?? '').replaceAll(/[^A-Za-z0-9]+/g, '_')}`;
	return knows(id) ? t(id) : word;
};

/** A number for a phrase, which writes it without a fraction and chooses its plural by it. */
export const whole = (value) => (value === null || value === undefined || Number.isNaN(value) ? t('no_data') : new FluentNumber(value, { maximumFractionDigits: 0 }));

/** A day ('YYYY-MM-DD') for a phrase, which says what of it is shown: the same day wherever its reader is. */
export const dayOf = (text) => new FluentDateTime(Date.parse(`${text}T00:00:00Z`), { timeZone: 'UTC' });

/** BCP 47, such as 'fr-FR'. */
export const locale = () => site.locale;
/** IANA's name of the zone in which moments are said. */
export const timezone = () => site.timezone;

/** Speak a language: the state of the publication (rows.js), and the text of its phrases. */
export const speak = ({ locale = 'en-GB', timezone = 'UTC' }, phrases) => {
	Object.assign(site, { locale, timezone });
	bundle = new FluentBundle(locale, { useIsolating: false });
	bundle.addResource(new FluentResource(phrases));
	if (typeof document !== 'undefined') document.documentElement.lang = locale;
};

/** The phrases of English. */
export const english = async () => (await import('./en.ftl?raw')).default;
