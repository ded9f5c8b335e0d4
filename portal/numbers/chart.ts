import { scaleBand, scaleLinear, scalePoint } from 'd3-scale';
import { line, stack } from 'd3-shape';

/** Units of the picture, which is stretched to its place. */
const WIDTH = 1_000;
const HEIGHT = 400;
/** Colours there are. */
const COLOURS = 7;
const TICKS = 4;
/** So many places of the x axis are all named; of more, some. */
const NAMED = 7;
const LABELS = 5;

export interface ChartSeries {
  label: string;
  /** One for each place on the x axis. */
  values: readonly number[];
}
export interface Chart {
  id: string;
  title: string;
  caption: string;
  isEmpty: boolean;
  isLine: boolean;
  /** Paths in the units of the picture, and the class of their colour. */
  layers: { colour: string; path: string }[];
  grid: string;
  /** Of the y axis, the largest first. */
  ticks: number[];
  /** Of the x axis, evenly spread; `isWhole`: each place has its own. */
  labels: string[];
  isWhole: boolean;
  legend: { label: string; colour: string; total: number | undefined }[];
  head: string[];
  rows: { label: string; values: readonly number[] }[];
}
interface ChartInput {
  id: string;
  title: string;
  caption: string;
  /** What stands along the x axis, and in the first column of the table. */
  axis: string;
  places: readonly string[];
  series: readonly ChartSeries[];
}

/** Bars on top of each other. */
export function barChart(input: ChartInput): Chart {
  const { places, series } = input;
  const x = scaleBand(places.keys(), [0, WIDTH]).padding(places.length > 20 ? 0.15 : 0.3);
  const layers = stack<number, number>()
    .keys([...series.keys()])
    .value((place, at) => series[at]?.values[place] ?? 0)([...places.keys()]);
  const y = scaleOf(layers.flatMap((layer) => layer.map(([, top]) => top)));
  const paths = layers.map((layer) =>
    layer
      .map(([bottom, top], place) => ({ left: x(place) ?? 0, top: y(top), height: y(bottom) - y(top) }))
      .filter(({ height }) => height > 0)
      .map(
        ({ left, top, height }) =>
          `M${round(left)},${round(top)}h${round(x.bandwidth())}v${round(height)}h${-round(x.bandwidth())}z`,
      )
      .join(''),
  );
  return chartOf(input, { paths, y, isLine: false });
}

/** Lines over each other. */
export function lineChart(input: ChartInput): Chart {
  const { places, series } = input;
  const x = scalePoint(places.keys(), [0, WIDTH]).padding(0.5);
  const y = scaleOf(series.flatMap(({ values }) => [...values]));
  const path = line<number>()
    .x((_, place) => x(place) ?? 0)
    .y((value) => y(value))
    .digits(1);
  return chartOf(input, { paths: series.map(({ values }) => path(values) ?? ''), y, isLine: true });
}

type Scale = ReturnType<typeof scaleOf>;

function scaleOf(values: readonly number[]) {
  return scaleLinear([0, Math.max(1, ...values)], [HEIGHT, 0]).nice(TICKS);
}

function chartOf(
  { id, title, caption, axis, places, series }: ChartInput,
  { paths, y, isLine }: { paths: readonly string[]; y: Scale; isLine: boolean },
): Chart {
  const ticks = y.ticks(TICKS).filter(Number.isInteger);
  const sumOf = ({ values }: ChartSeries) => values.reduce((sum, value) => sum + value, 0);
  return {
    id,
    title,
    caption,
    isLine,
    isEmpty: series.every((one) => sumOf(one) === 0),
    layers: paths.map((path, at) => ({ path, colour: colourOf(at) })),
    grid: ticks.map((tick) => `M0,${round(y(tick))}H${WIDTH}`).join(''),
    ticks: ticks.toReversed(),
    labels: spread(places),
    isWhole: places.length <= NAMED,
    legend: series.map((one, at) => ({
      label: one.label,
      colour: colourOf(at),
      // People who came back on two days are one person.
      total: isLine ? undefined : sumOf(one),
    })),
    head: [axis, ...series.map(({ label }) => label)],
    rows: places.map((label, place) => ({ label, values: series.map(({ values }) => values[place] ?? 0) })),
  };
}

function colourOf(at: number): string {
  return `c${at % COLOURS}`;
}

function spread(places: readonly string[]): string[] {
  if (places.length <= NAMED) return [...places];
  const step = (places.length - 1) / (LABELS - 1);
  return Array.from({ length: LABELS }, (_, at) => places[Math.round(at * step)] ?? '');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
