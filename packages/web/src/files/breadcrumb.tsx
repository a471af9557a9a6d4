import { Link } from '@tanstack/react-router';
import type { File } from '@valise/core/wire';
import { Fragment } from 'react';
import { IconNext } from '../design/icons.ts';
import classes from './breadcrumb.module.css';
import type { RowDrag } from './grid-types.ts';

interface BreadcrumbProps {
  /** From the top down; empty in the person's own root. */
  readonly way: readonly File[];
  readonly drag: Pick<RowDrag<File>, 'onOver' | 'onLeave' | 'onDrop' | 'target'>;
}

/** The way down to here. Things can be dropped on every step of it. */
export function Breadcrumb({ way, drag }: BreadcrumbProps) {
  const isShared = way[0] !== undefined && way[0].role !== 'owner';
  return (
    <nav aria-label="Breadcrumb" className={classes.nav}>
      <ol>
        <li>
          {way.length === 0 ? (
            <h1 aria-current="page">Files</h1>
          ) : (
            <Link to={isShared ? '/shared' : '/'}>{isShared ? 'Shared' : 'Files'}</Link>
          )}
        </li>
        {way.map((folder, index) => (
          <Fragment key={folder.id}>
            <li aria-hidden className={classes.divider}>
              <IconNext size={16} />
            </li>
            <li>
              {index === way.length - 1 ? (
                <h1 aria-current="page" title={folder.name}>
                  {folder.name}
                </h1>
              ) : (
                <Link
                  to="/folder/$folderId"
                  params={{ folderId: folder.id }}
                  data-drop={drag.target === folder.id}
                  onDragOver={(event) => {
                    if (drag.onOver(folder, event.dataTransfer)) event.preventDefault();
                  }}
                  onDragLeave={() => drag.onLeave(folder)}
                  onDrop={(event) => {
                    event.preventDefault();
                    event.stopPropagation();
                    drag.onDrop(folder, event.dataTransfer);
                  }}
                >
                  {folder.name}
                </Link>
              )}
            </li>
          </Fragment>
        ))}
      </ol>
    </nav>
  );
}
