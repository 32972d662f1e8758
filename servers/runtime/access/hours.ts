const clocks = new Map<string, Intl.DateTimeFormat>();

/**
 * Whether an instant lies in one of the spans, on the wall clocks of a zone: `09:00-17:00` begins at 9 and is over
 * at 17, `22:00-06:00` crosses midnight, `00:00-24:00` is the whole day. On the day on which clocks are changed a
 * span is shorter or longer, as it is for people.
 *
 * @param zone IANA name
 */
export function withinHours(spans: readonly string[], zone: string, now: Date): boolean {
  const minute = minuteOfDay(zone, now);
  return spans.some((span) => {
    const [from, to] = span.split("-").map(minutes) as [number, number];
    return from <= to ? from <= minute && minute < to : minute >= from || minute < to;
  });
}

function minutes(text: string): number {
  const [hour = 0, minute = 0] = text.split(":").map(Number);
  return hour * 60 + minute;
}

function minuteOfDay(zone: string, now: Date): number {
  let clock = clocks.get(zone);
  if (!clock) {
    const options = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    clock = new Intl.DateTimeFormat("en-GB", options);
    clocks.set(zone, clock);
  }
  return minutes(clock.format(now));
}
