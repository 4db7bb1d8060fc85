"use strict";
// Draws the figures of the board. Each picture stands beside a table with the same numbers and links.
(() => {
  if (!window.echarts) return;
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  const drawn = new Map();

  // -- colours and sizes are those of the page: light or dark, elder mode or not
  const style = () => {
    const own = getComputedStyle(document.documentElement);
    const colour = (name) => own.getPropertyValue(name).trim();
    return { colour, size: parseFloat(own.fontSize), font: getComputedStyle(document.body).fontFamily };
  };

  // Patterns beside the colours, for whoever cannot tell these apart.
  const TONES = {
    red: { fill: "--red-shape", pattern: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 } },
    yellow: { fill: "--yellow-shape", pattern: { symbol: "circle", symbolSize: 0.5, dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [4, 0] } },
    green: { fill: "--green-shape" },
    paused: { fill: "--paused-shape", pattern: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [1, 6], rotation: 0 } },
    came: { fill: "--primary" },
    went: { fill: "--paused-line", edge: "--muted", pattern: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4 } },
    before: { fill: "--paused-line", edge: "--muted" },
    stock: { fill: "--primary" },
    rate: { fill: "--primary" },
  };

  const words = (chart, at) => chart.series.map((one) => `${one.name} ${one.words ? one.words[at] : one.values[at]}`).join(" · ");

  const series = (chart, one, { colour, size, font }) => {
    const tone = TONES[one.tone] || TONES.rate;
    if (chart.kind === "line") {
      return {
        type: "line", name: one.name, data: one.values, cursor: "pointer", symbol: "circle", symbolSize: size * 0.45,
        lineStyle: { color: colour(tone.fill), width: 2 }, itemStyle: { color: colour(tone.fill) }, triggerEvent: true,
      };
    }
    const decal = tone.pattern && { ...tone.pattern, color: colour(one.tone === "went" ? "--muted" : "--surface"), backgroundColor: "transparent" };
    return {
      type: "bar", name: one.name, data: one.values, cursor: "pointer", stack: chart.stacked ? "all" : undefined,
      barMaxWidth: size * 1.5, barGap: "10%",
      itemStyle: { color: colour(tone.fill), borderColor: tone.edge ? colour(tone.edge) : colour("--surface"), borderWidth: 1, decal },
      label: {
        show: chart.across && !chart.stacked, position: "right", color: colour("--ink"), fontSize: size * 0.87, fontFamily: font,
        formatter: (mark) => (one.words ? one.words[mark.dataIndex] : String(mark.value)),
      },
    };
  };

  const option = (chart, look, room) => {
    const { colour, size, font } = look;
    const text = { color: colour("--ink"), fontSize: size * 0.87, fontFamily: font };
    const names = {
      type: "category", data: chart.labels, inverse: chart.across, axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("--line-strong") } },
      axisLabel: { ...text, width: Math.min(size * 8, room * 0.35), overflow: chart.across ? "truncate" : "none", hideOverlap: true, interval: chart.across ? 0 : "auto" },
      boundaryGap: chart.kind !== "line",
    };
    const scale = {
      type: "value", min: 0, max: chart.most || undefined, interval: chart.most ? chart.most / 4 : undefined, minInterval: 1, splitNumber: 4,
      axisLabel: { ...text, color: colour("--muted"), hideOverlap: true }, splitLine: { lineStyle: { color: colour("--line") } },
    };
    return {
      animation: false,
      textStyle: { fontFamily: font },
      grid: {
        left: 4, top: size * 0.7, bottom: 2, containLabel: true,
        right: chart.across && !chart.stacked ? size * (chart.series[0].words ? 5.5 : 2.6) : size,
      },
      xAxis: chart.across ? scale : names,
      yAxis: chart.across ? names : scale,
      series: chart.series.map((one) => series(chart, one, look)),
    };
  };

  const height = (chart, size) => {
    if (!chart.across) return size * (chart.kind === "line" ? 10 : 13);
    const lines = chart.stacked ? 1 : chart.series.length;
    return size * (3 + chart.labels.length * (lines > 1 ? 2.9 : 2.1));
  };

  // Without room for a bar beside its name and its value the table alone says it.
  const fits = (figure, chart, canvas) => {
    figure.hidden = false;
    figure.hidden = Boolean(chart.most) && canvas.clientWidth < 20 * style().size;
    return !figure.hidden;
  };

  const draw = (figure) => {
    const chart = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    if (!chart.series.some((one) => one.values.some(Boolean))) return;
    const canvas = figure.querySelector(".chart-canvas");
    const said = figure.querySelector(".chart-said");
    if (!fits(figure, chart, canvas)) return;
    figure.parentElement.querySelector("details[data-beside]")?.removeAttribute("open");
    canvas.style.height = `${height(chart, style().size)}px`;
    const picture = echarts.init(canvas, null, { renderer: "canvas" });
    picture.setOption(option(chart, style(), canvas.clientWidth));
    picture.on("click", (mark) => {
      const url = mark.seriesIndex !== undefined && chart.series[mark.seriesIndex].urls[mark.dataIndex];
      if (url) location.assign(url);
    });
    // Where the pointer is, in words below the picture.
    const zr = picture.getZr();
    const tell = (at) => {
      said.textContent = chart.labels[at] === undefined ? "\u00a0" : `${chart.labels[at]}: ${words(chart, at)}`;
    };
    zr.on("mousemove", (event) => {
      const point = [event.offsetX, event.offsetY];
      if (!picture.containPixel("grid", point)) return tell(-1);
      tell(picture.convertFromPixel("grid", point)[chart.across ? 1 : 0]);
    });
    zr.on("globalout", () => tell(-1));
    drawn.set(figure, { picture, canvas, chart });
  };

  const again = () => {
    const look = style();
    for (const [figure, { picture, canvas, chart }] of drawn) {
      if (!fits(figure, chart, canvas)) continue;
      canvas.style.height = `${height(chart, look.size)}px`;
      picture.resize();
      picture.setOption(option(chart, look, canvas.clientWidth), true);
    }
  };

  figures.forEach(draw);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) requestAnimationFrame(again);
    width = innerWidth;
  });
  // Pictures keep the width of the screen, so paper gets the tables.
  const beside = () => document.querySelectorAll("details[data-beside]");
  addEventListener("beforeprint", () => beside().forEach((table) => table.setAttribute("open", "")));
  addEventListener("afterprint", () => {
    for (const figure of drawn.keys()) figure.parentElement.querySelector("details[data-beside]")?.removeAttribute("open");
  });
  new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
})();
