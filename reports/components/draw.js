// The part of ECharts that the charts need: bars and lines.
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, CanvasRenderer, GridComponent, LineChart, MarkLineComponent, TooltipComponent]);

/** Svelte's action: draws a chart of these options into an element, whose size it follows. The element has it as `chart`. */
export const draw = (element, options) => {
	let chart;
	// It is told of the first size too, which the chart has already.
	const observer = new ResizeObserver(() => {
		if (element.clientWidth !== chart.getWidth() || element.clientHeight !== chart.getHeight()) chart.resize();
	});
	// In a task of its own: a page shows its words, then one chart after the other.
	const task = setTimeout(() => {
		chart = element.chart = init(element, undefined, { renderer: 'canvas' });
		chart.setOption(options);
		observer.observe(element);
	});
	return {
		update: (newer) => {
			options = newer;
			chart?.setOption(options, true);
		},
		destroy: () => {
			clearTimeout(task);
			observer.disconnect();
			chart?.dispose();
		}
	};
};
