import * as chrono from "chrono-node";
import { endOf, startOf } from "./calendarUnit.ts";
import type { Unit } from "./calendarUnit.ts";

/** A time that somebody named. Undefined: open on that side. */
export interface Period {
  readonly from: Date | undefined;
  /** Not part of it any more. */
  readonly to: Date | undefined;
}

export interface TimeExpression {
  /** Undefined where the text names no time. */
  readonly period: Period | undefined;
  /** What the text says beside the time; empty if nothing. */
  readonly words: string;
}

/** Words around a time that say nothing about what is looked for. */
const filler =
  /\b(what|which|do|did|does|i|we|you|me|remember|recall|show|find|tell|get|list|everything|anything|all|memories|memory|stored|saved|noted|store|note|save|from|of|in|on|at|during|the|about|a|an|my|our|that|was|were|is|have|had|said|say)\b/gi;

/**
 * Splits "what did we say about ports last week" into a period and the words. Times are UTC; weeks begin on Monday.
 *
 * @param now instant that relative times count from
 */
export function readTimeExpression(text: string, now: Date): TimeExpression {
  const [found, second] = chrono.en.casual.parse(text, { instant: now, timezone: 0 });
  if (!found) return readYear(text);
  const before = text.slice(0, found.index);
  if (
    second &&
    /\bbetween\s*$/i.test(before) &&
    isAnd(text.slice(found.index + found.text.length, second.index))
  ) {
    const after = text.slice(second.index + second.text.length);
    const period = { from: periodOf(found, now).from, to: periodOf(second, now).to };
    return { period, words: significant(`${before.replace(/\bbetween\s*$/i, "")} ${after}`) };
  }
  const preposition = /\b(since|after|before|until|till)\s*$/i.exec(before)?.[1]?.toLowerCase();
  const rest = `${before.replace(/\b(since|after|before|until|till|from|in|on|at|during|the)\s*$/i, "")} ${text.slice(found.index + found.text.length)}`;
  return { period: withPreposition(periodOf(found, now), preposition, now), words: significant(rest) };
}

function isAnd(text: string): boolean {
  return /^\s*and\s*$/i.test(text);
}

/** A year by itself, which chrono takes for a number. */
function readYear(text: string): TimeExpression {
  const match = /\b(?:in|during|of)?\s*\b((?:19|20)\d\d)\b/i.exec(text);
  if (!match?.[1]) return { period: undefined, words: text.trim() };
  const year = new Date(Date.UTC(Number(match[1]), 0, 1));
  const rest = `${text.slice(0, match.index)} ${text.slice(match.index + match[0].length)}`;
  return { period: { from: year, to: endOf("year", year) }, words: significant(rest) };
}

function significant(rest: string): string {
  const left = rest.replace(filler, " ").replace(/[^\p{L}\p{N}]+/gu, "");
  return left === ""
    ? ""
    : rest
        .replace(/\s+/g, " ")
        .replace(/\s+([?!.,])/g, "$1")
        .trim();
}

function withPreposition({ from, to }: Period, preposition: string | undefined, now: Date): Period {
  if (preposition === "since") return { from, to: undefined };
  // "after Monday" begins when Monday is over; "after the last two hours" is since then.
  if (preposition === "after") return { from: to !== undefined && to <= now ? to : from, to: undefined };
  if (preposition === "before") return { from: undefined, to: from };
  if (preposition === "until" || preposition === "till") return { from: undefined, to };
  return { from, to };
}

function periodOf(found: chrono.ParsedResult, now: Date): Period {
  const text = found.text.toLowerCase();
  const current = /^this (week|weekend|month|quarter|year)$/.exec(text)?.[1] as Unit | undefined;
  if (current) return { from: startOf(current, now), to: endOf(current, now) };
  const start = inThePast(found.start, now);
  if (found.end)
    return {
      from: startOf(unitOf(found.start, text), start),
      to: endOf(unitOf(found.end, text), found.end.date()),
    };
  // "the last three days" reaches from then until now; "last week" is one week.
  const span =
    /\b(last|past|previous)\s+(\d+|few|couple|several|two|three|four|five|six|seven|eight|nine|ten|twelve)\b/.test(
      text,
    );
  if (span || /\b(last|past|previous)\s+(hour|minute)\b/.test(text)) return { from: start, to: now };
  const unit = unitOf(found.start, text);
  return { from: startOf(unit, start), to: endOf(unit, start) };
}

const calendarUnits: ReadonlySet<string> = new Set(["week", "weekend", "month", "quarter", "year"]);

/** The smallest unit that the text names. */
function unitOf(part: chrono.ParsedComponents, text: string): Unit {
  const named = /\b(minute|hour|day|weekend|week|month|quarter|year)s?\b/.exec(text)?.[1] as Unit | undefined;
  if (named !== undefined && !part.isCertain("day")) return named;
  if (named !== undefined && calendarUnits.has(named)) {
    // "three weeks ago": chrono knows the day, the speaker the week. "12 May this year" names the day.
    const namesDay = /\d{1,2}(st|nd|rd|th)?\b/.test(text) && !/\bago\b|\d\s*(week|month|year)/.test(text);
    return namesDay ? "day" : named;
  }
  if (part.isCertain("minute") && named !== "hour") return "minute";
  if (part.isCertain("hour") || named === "hour") return "hour";
  if (part.isCertain("day") || part.isCertain("weekday")) return "day";
  if (part.isCertain("month")) return "month";
  return part.isCertain("year") ? "year" : "day";
}

/** Memories are of the past: "Friday" is the last one, "May" not next year's. */
function inThePast(part: chrono.ParsedComponents, now: Date): Date {
  const date = part.date();
  if (date <= now) return date;
  const moved = new Date(date);
  if (part.isCertain("weekday") && !part.isCertain("day")) moved.setUTCDate(moved.getUTCDate() - 7);
  else if (part.isCertain("month") && !part.isCertain("year"))
    moved.setUTCFullYear(moved.getUTCFullYear() - 1);
  return moved;
}
