import { Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import type { MenuPlace } from './grid-types.ts';

interface FileMenuProps {
  readonly place: MenuPlace | null;
  onClose(): void;
  readonly children: ReactNode;
}

/** A menu at a place of the screen: the pointer's, or beside the row that the keyboard is at. */
export function FileMenu({ place, onClose, children }: FileMenuProps) {
  return (
    <Menu
      // A new place is another menu: the old one's position must not be seen.
      key={place === null ? 'closed' : `${place.x} ${place.y}`}
      opened={place !== null}
      onChange={(opened) => {
        if (!opened) onClose();
      }}
      position="bottom-start"
      offset={2}
      width={210}
      returnFocus
    >
      <Menu.Target>
        <span
          style={{
            position: 'fixed',
            left: place?.x ?? 0,
            top: place?.y ?? 0,
            width: 1,
            height: 1,
          }}
        />
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
