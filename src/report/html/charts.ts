import { renderSvg } from '../../output/draw.ts';
import type { Chart, Panel } from '../charts/chart.ts';
import { chartNames, loadChart } from '../charts/charts.ts';
import { panelSpec } from '../charts/panel.ts';
import { pageTheme, seriesColour, shapes } from '../charts/theme.ts';
import type { ReportData } from '../report_data.ts';
import { Html, html } from './html.ts';
import type { Section } from './page.ts';

/** A section for each chart that the results have something for. */
export async function chartSections(data: ReportData): Promise<Section[]> {
  const charts = await Promise.all(
    chartNames.map(async (name) => ({ name, chart: (await loadChart(name)).draw(data, pageTheme, false) })),
  );
  const drawn = charts.filter(({ chart }) => chart.panels.length > 0);
  return Promise.all(
    drawn.map(async ({ name, chart }) => ({ id: name, title: chart.title, content: await chartContent(chart) })),
  );
}

async function chartContent({ caption, panels, series }: Chart): Promise<Html> {
  return html`<p class="note">${caption}</p>
${series !== undefined && legend(series)}
${await panelGroups(panels)}`;
}

/** Side by side; groups of them one below the other, of which the page's script shows one. */
async function panelGroups(panels: readonly Panel[]): Promise<Html> {
  const figures = await Promise.all(
    panels.map(async (panel) => ({ group: panel.group, figure: await panelFigure(panel) })),
  );
  const groups = Map.groupBy(figures, ({ group }) => group);
  const divisions = [...groups].map(([group, members]) => {
    const content = html`<div class="panels">${members.map(({ figure }) => figure)}</div>`;
    return groups.size > 1 ? html`<div class="panel-group" data-group="${group ?? ''}">${content}</div>` : content;
  });
  return groups.size > 1 ? html`<div class="panel-groups">${divisions}</div>` : html`${divisions}`;
}

async function panelFigure(panel: Panel): Promise<Html> {
  const svg = await renderSvg(panelSpec(panel, pageTheme));
  return html`<figure><figcaption>${panel.title} <span>${panel.subtitle ?? ''}</span></figcaption>${fluid(svg, panel.title)}</figure>
`;
}

/** As wide as there is room: only the view box tells the size. */
function fluid(svg: string, title: string): Html {
  const size = / (width|height)="[^"]*"/g;
  const start = (_: string, attributes: string) =>
    html`<svg role="img" aria-label="${title}"${new Html(attributes.replace(size, ''))}>`.toString();
  return new Html(svg.replace(/^<svg([^>]*)>/, start));
}

function legend(series: readonly string[]): Html {
  const items = series.map((name, i) => {
    const sign = html`<span style="color: ${seriesColour(pageTheme, i)}">${shapes[i % shapes.length].character}</span>`;
    return html`<li>${sign} ${name}</li>`;
  });
  return html`<ul class="legend">${items}</ul>`;
}
