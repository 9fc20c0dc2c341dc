// What the charts share: their frame, and the ways in which a bar, a line or a band is drawn.
import { compact, missing } from './format.js';
import { t, whole } from './language.js';

/**
 * A tooltip's lines of plain text as elements, the first in bold. ECharts would read a text as HTML, and what a store or
 * a closure is called must never be markup: every tooltip is made here.
 */
export const tooltipContent = ([title, ...lines]) => {
	const content = document.createElement('div');
	content.append(Object.assign(document.createElement('b'), { textContent: title }));
	for (const line of lines) content.append(document.createElement('br'), line);
	return content;
};

/**
 * What a chart shows, in words: from when to when, the highest, the lowest and the newest of its figures.
 *
 * rows: in order of time; said: value (of a row, or null), when (a row's time as people write it), format (of a figure).
 */
export const inWords = (rows, { value, when, format }) => {
	const known = rows.filter((row) => !missing(value(row)));
	if (known.length === 0) return t('chart-no_figures');
	const figure = (row) => ({ value: format(value(row)), when: when(row) });
	const [first, last] = [known[0], known[known.length - 1]];
	const extreme = (isBeyond) => known.reduce((found, row) => (isBeyond(value(row), value(found)) ? row : found));
	return [
		t('chart-span', { count: whole(known.length), first: when(first), last: when(last) }),
		t('chart-highest', figure(extreme((one, other) => one > other))),
		t('chart-lowest', figure(extreme((one, other) => one < other))),
		t('chart-newest', figure(last))
	].join(' ');
};

/** Strokes that tell what is estimated from what was counted, without a colour. */
export const hatch = (colour) => ({ symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4, color: colour });

/**
 * ECharts' options of a chart whose x axis has a place for each row.
 *
 * c: the theme's colours; rows; x: the row's place on the axis, as text or number; label: ECharts' settings of the axis'
 * labels; tooltip: the row's lines, plain text; figure: how the y axis' figures are written; series: ECharts' series; hasBands: whether a series is a band;
 * axis: more settings of the x axis; event: what happens on the row's day (events.js), which is drawn behind the series.
 */
export const frame = (c, { rows, x, label, tooltip, figure = compact, series, hasBands = false, axis = {}, event = () => undefined }) => {
	const places = rows.map(x);
	if (rows.some(event)) [series, hasBands] = [[...series, eventBand(c, rows, event)], true];
	return {
		animation: false,
		textStyle: { fontFamily: 'system-ui, sans-serif' },
		grid: { left: 4, right: 8, top: rows.some(event) ? 24 : 10, bottom: axis.bottom ?? 22, containLabel: true },
		legend: { show: false },
		tooltip: {
			trigger: 'axis',
			confine: true,
			axisPointer: { type: 'shadow', shadowStyle: { color: c.band, opacity: 0.5 } },
			backgroundColor: c.paper,
			borderColor: c.edge,
			textStyle: { color: c.text, fontSize: 12 },
			extraCssText: 'max-width: min(30rem, 90vw); white-space: normal; overflow-wrap: anywhere',
			formatter: (points) => {
				const row = rows[points[0].dataIndex];
				return tooltipContent([...tooltip(row), ...(event(row) ? [t('tip-event', { event: event(row) })] : [])]);
			}
		},
		xAxis: [
			{
				type: 'category',
				data: places,
				axisLine: { lineStyle: { color: c.edge } },
				axisTick: { show: false, ...axis.tick },
				splitLine: axis.splitLine,
				axisLabel: { color: c.label, fontSize: 11, hideOverlap: true, ...label }
			},
			...(hasBands ? [{ type: 'category', data: places, show: false, axisPointer: { show: false } }] : [])
		],
		yAxis: [
			{
				type: 'value',
				splitNumber: 3,
				axisLabel: { color: c.label, fontSize: 11, formatter: figure },
				splitLine: { lineStyle: { color: c.grid } }
			},
			...(hasBands ? [{ type: 'value', min: 0, max: 1, show: false }] : [])
		],
		series
	};
};

/** Bars in the main colour; `style` gives a row an item style of its own, or nothing. */
export const bars = (name, c, rows, value, style = () => undefined, stack = undefined) => ({
	name,
	type: 'bar',
	stack,
	color: c.counted,
	barCategoryGap: '18%',
	barMaxWidth: 64,
	data: rows.map((row) => ({ value: value(row) ?? null, itemStyle: style(row) }))
});

/** A bar of what is not over yet: an outline. */
export const outline = (c) => ({ color: c.paper, borderColor: c.counted, borderType: 'dashed', borderWidth: 1.5 });

/** What is estimated, on top of the bars of the same stack. */
export const estimates = (c, rows, value, stack) => ({
	name: t('estimated'),
	type: 'bar',
	stack,
	color: c.estimated,
	itemStyle: { decal: hatch(c.paper) },
	data: rows.map((row) => value(row) ?? null)
});

export const line = (name, c, rows, value, more = {}) => ({
	name,
	type: 'line',
	color: c.average,
	symbol: 'none',
	lineStyle: { width: 1.8 },
	data: rows.map((row) => (missing(value(row)) ? null : value(row))),
	...more
});

/** A band as wide as the place and as high as the chart, on axes of its own. */
export const band = (name, rows, which, itemStyle) => ({
	name,
	type: 'bar',
	stack: 'bands',
	xAxisIndex: 1,
	yAxisIndex: 1,
	barWidth: '100%',
	silent: true,
	z: 0,
	itemStyle,
	data: rows.map((row) => (which(row) ? 1 : null))
});

/** The area between two ends, as two lines of which the second stands on the first. */
export const interval = (c, rows, lower, upper) => {
	const edge = { type: 'line', stack: 'interval', stackStrategy: 'all', symbol: 'none', silent: true, lineStyle: { opacity: 0 } };
	return [
		{ ...edge, name: 'lower', data: rows.map((row) => lower(row) ?? null) },
		{ ...edge, name: 'width', areaStyle: { color: c.estimated, opacity: 0.55 }, data: rows.map((row) => (missing(upper(row)) ? null : upper(row) - lower(row))) }
	];
};

// A name has a quarter of a chart's width, which is enough on a phone: of events that are nearer to each other, the tooltips of their days say the others.
const NAMES = 4;

const namedAt = (rows, event) =>
	rows.reduce((named, row, at) => {
		const begins = event(row) && (at === 0 || event(rows[at - 1]) !== event(row));
		return begins && !(at - named[named.length - 1] < rows.length / NAMES) ? [...named, at] : named;
	}, []);

/** A band on the days of events, whose names stand above their first days. */
const eventBand = (c, rows, event) => ({
	...band(t('key-event'), rows, event, { color: c.event, opacity: 0.25 }),
	stack: 'events',
	barGap: '-100%',
	markLine: {
		symbol: 'none',
		silent: true,
		animation: false,
		lineStyle: { color: c.event, type: 'dotted', width: 1 },
		label: { position: 'end', distance: 3, color: c.label, fontSize: 11, width: 80, overflow: 'truncate', formatter: ({ name }) => name },
		data: namedAt(rows, event).map((at) => ({ xAxis: at, name: event(rows[at]) }))
	}
});
