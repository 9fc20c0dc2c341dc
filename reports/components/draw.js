// The part of ECharts that the charts need: bars and lines.
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([AriaComponent, BarChart, CanvasRenderer, GridComponent, LineChart, MarkLineComponent, TooltipComponent]);

/** Svelte's action: draws a chart of these options into an element, whose size it follows. The element has it as `chart`. */
export const draw = (element, options) => {
	const chart = init(element, undefined, { renderer: 'canvas' });
	element.chart = chart;
	chart.setOption(options);
	const observer = new ResizeObserver(() => chart.resize());
	observer.observe(element);
	return {
		update: (options) => chart.setOption(options, true),
		destroy: () => {
			observer.disconnect();
			chart.dispose();
		}
	};
};
