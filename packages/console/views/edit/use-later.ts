/** A value as it was a moment ago, so that not every key is followed by what takes long. */
import { useEffect, useState } from "preact/hooks";

export function useLater<Value>(value: Value, pauseMs: number): Value {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setShown(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return shown;
}
