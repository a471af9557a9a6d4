import { useEffect, useState } from 'react';

/**
 * Gives the focus back to what had it before, when the component goes. What had it may be gone as
 * well (an item of a menu): then the list gets it, so that keyboards never end up nowhere.
 */
export function useFocusReturn(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // After whatever closes together with it.
      setTimeout(() => {
        if (document.activeElement !== document.body && document.activeElement !== null) return;
        const target =
          before instanceof HTMLElement && before.isConnected && before !== document.body
            ? before
            : document.querySelector<HTMLElement>('[role=grid]');
        target?.focus({ preventScroll: true });
      });
    },
    [before],
  );
}
