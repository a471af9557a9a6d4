import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { useFocusReturn } from '../design/use-focus-return.ts';
import type { MenuPlace } from './grid-types.ts';

interface FileMenuProps {
  readonly place: MenuPlace | null;
  onClose(): void;
  readonly children: ReactNode;
}

/** A menu at a place of the screen: the pointer's, or beside the row that the keyboard is at. */
export function FileMenu({ place, onClose, children }: FileMenuProps) {
  if (place === null) return null;
  // A new place is another menu: the old one's position must not be seen.
  return (
    <OpenMenu key={`${place.x} ${place.y}`} place={place} onClose={onClose}>
      {children}
    </OpenMenu>
  );
}

function OpenMenu({ place, onClose, children }: FileMenuProps & { readonly place: MenuPlace }) {
  useFocusReturn();
  return (
    <Menu
      opened
      onChange={(opened) => {
        if (!opened) onClose();
      }}
      position="bottom-start"
      offset={2}
      width={210}
    >
      <Menu.Target>
        <button
          type="button"
          tabIndex={-1}
          aria-hidden
          className="anchor"
          style={{ left: place.x, top: place.y }}
        />
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
