/* Draws each figure[data-chart] from the JSON beside it. Its lines take their colours from the style sheet. */
"use strict";
(() => {
  const formats = {
    ms: (v) => v >= 1000 ? (v / 1000).toFixed(2) + " s" : v >= 100 ? v.toFixed(0) + " ms" : v.toFixed(v >= 1 ? 1 : 2) + " ms",
    percent: (v) => (v * 100).toFixed(1) + " %",
    number: (v) => Number.isInteger(v) ? v.toLocaleString("en") : v.toFixed(2),
  };
  const colour = (name) => {
    // A canvas knows no light-dark(): the browser resolves it for an element.
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const drawn = new Set();
  // The server's zone, as everywhere on the page.
  const zone = document.body.dataset.zone;
  const day = 86400;
  const times = [
    [day, "{D} {MMM}", null, null, null, null, null, null, 1],
    [60, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1],
  ];

  const marks = (chart, stroke) => ({
    hooks: { draw: (u) => {
      const { ctx } = u;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = stroke;
      ctx.setLineDash([4, 4]);
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      for (const mark of chart.marks) {
        const x = Math.round(u.valToPos(mark.at, "x", true));
        if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
        ctx.beginPath();
        ctx.moveTo(x, u.bbox.top);
        ctx.lineTo(x, u.bbox.top + u.bbox.height);
        ctx.stroke();
        const late = x > u.bbox.left + u.bbox.width * 0.8;
        ctx.textAlign = late ? "right" : "left";
        ctx.fillText("▾ " + mark.text, late ? x - 4 : x + 4, u.bbox.top + 12 * devicePixelRatio);
      }
      ctx.restore();
    } },
  });

  const readout = (figure, chart) => ({
    hooks: { setCursor: (u) => {
      chart.series.forEach((series, i) => {
        const value = u.cursor.idx == null ? null : u.data[i + 1][u.cursor.idx];
        const place = figure.querySelector(`[data-value="${i}"]`);
        if (place) place.textContent = value == null ? "" : formats[chart.unit](value);
      });
    } },
  });

  // A value between two gaps is no line: without a point nothing would show it.
  const alone = (values) => [...values.keys()].filter(
    (i) => values[i] != null && values[i - 1] == null && values[i + 1] == null);

  const draw = (figure) => {
    const source = document.getElementById(figure.dataset.chart);
    const plot = figure.querySelector(".plot");
    if (!source || !plot) return;
    const chart = JSON.parse(source.textContent);
    const soft = colour("--soft"), grid = { stroke: colour("--line"), width: 1 };
    const lines = chart.series.map((series, i) => ({
      label: series.name, stroke: colour(`--line-${i % 4}`), width: 2, dash: series.dash,
      points: { show: true, size: 5, filter: (u, at) => (chart.starts.length < 40 ? null : alone(u.data[at])) },
    }));
    const data = [chart.starts, ...chart.series.map((series) => series.values)];
    if (chart.limit != null) {
      lines.push({ label: "budget", stroke: colour("--line-limit"), width: 1.5, dash: [1, 3], points: { show: false } });
      data.push(chart.starts.map(() => chart.limit));
    }
    const top = (u, low, high) => [0, Math.max(high * 1.1, chart.limit ? chart.limit * 1.15 : 0) || 1];
    const format = formats[chart.unit];
    const axis = { stroke: soft, grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const u = new uPlot({
      width: plot.clientWidth, height: plot.clientHeight, padding: [14, 8, 0, 0],
      legend: { show: false }, cursor: { y: false, drag: { x: false } },
      scales: { y: { range: top }, x: { time: true } },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
      axes: [{ ...axis, values: times }, { ...axis, size: 68, values: (_, values) => values.map(format) }],
      series: [{}, ...lines], plugins: [marks(chart, soft), readout(figure, chart)],
    }, data, plot);
    drawn.add({ plot, u });
  };

  const drawAll = () => {
    for (const { u } of drawn) u.destroy();
    drawn.clear();
    document.querySelectorAll("figure[data-chart]").forEach(draw);
    document.documentElement.dataset.charts = drawn.size;
  };
  window.tachographCharts = drawAll;
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => drawn.forEach(({ plot, u }) => u.setSize({ width: plot.clientWidth, height: plot.clientHeight })), 100);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  drawAll();
})();
