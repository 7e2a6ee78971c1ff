/** A number that goes up every few seconds while the page is looked at: for what changes without a commit. */
import { useEffect, useState } from "preact/hooks";

export function useBeat(seconds: number): number {
  const [beat, setBeat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setBeat((before) => before + 1), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return beat;
}
