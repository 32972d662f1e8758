/** Stretches of time that people name. */
export type Unit = "minute" | "hour" | "day" | "week" | "weekend" | "month" | "quarter" | "year";

interface Stretch {
  /** First instant of the one in which `date` lies; of a weekend, that of the same week. */
  readonly start: (date: Date) => Date;
  /** First instant after one that starts so. */
  readonly end: (start: Date) => Date;
}

const minute = 60_000;
const hour = 3_600_000;
const utc = (year: number, month: number, day: number): Date => new Date(Date.UTC(year, month, day));
const plusDays = (days: number) => (date: Date) =>
  utc(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + days);
const plusMonths = (months: number) => (date: Date) =>
  utc(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
const sinceMonday = (date: Date): number => (date.getUTCDay() + 6) % 7;
const rounded = (milliseconds: number): Stretch => ({
  start: (date) => new Date(Math.floor(date.getTime() / milliseconds) * milliseconds),
  end: (start) => new Date(start.getTime() + milliseconds),
});

const stretches: Readonly<Record<Unit, Stretch>> = {
  minute: rounded(minute),
  hour: rounded(hour),
  day: { start: plusDays(0), end: plusDays(1) },
  week: { start: (date) => plusDays(-sinceMonday(date))(date), end: plusDays(7) },
  weekend: { start: (date) => plusDays(5 - sinceMonday(date))(date), end: plusDays(2) },
  month: { start: plusMonths(0), end: plusMonths(1) },
  quarter: { start: (date) => plusMonths(-(date.getUTCMonth() % 3))(date), end: plusMonths(3) },
  year: { start: (date) => utc(date.getUTCFullYear(), 0, 1), end: plusMonths(12) },
};

/** Start of the stretch in which `date` lies, in UTC; weeks begin on Monday. */
export function startOf(unit: Unit, date: Date): Date {
  return stretches[unit].start(date);
}

/** First instant after that stretch. */
export function endOf(unit: Unit, date: Date): Date {
  return stretches[unit].end(startOf(unit, date));
}
