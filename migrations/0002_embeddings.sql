DROP TABLE `prototypes`;--> statement-breakpoint
CREATE INDEX `classes_added` ON `classes` (`project`,`added_in`);--> statement-breakpoint
CREATE INDEX `classes_removed` ON `classes` (`project`,`removed_in`);