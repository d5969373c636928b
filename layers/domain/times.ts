/** RFC 3339 in UTC with milliseconds, as the API writes times. */
export const isoTime = (epochMilliseconds: number): string => new Date(epochMilliseconds).toISOString();

export const epochSeconds = (epochMilliseconds: number): number => Math.floor(epochMilliseconds / 1000);
