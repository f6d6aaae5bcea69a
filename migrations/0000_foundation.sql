CREATE TABLE `classes` (
	`id` text PRIMARY KEY NOT NULL,
	`project` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`support` text NOT NULL,
	`examples` integer NOT NULL,
	`added_in` integer NOT NULL,
	`removed_in` integer,
	FOREIGN KEY (`project`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `classes_name` ON `classes` (`project`,`name`) WHERE removed_in is null;--> statement-breakpoint
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`description` text NOT NULL,
	`plan` text NOT NULL,
	`classes` text NOT NULL,
	`seed` text NOT NULL,
	`validation` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `prototypes` (
	`class` text NOT NULL,
	`version` integer NOT NULL,
	`sum` blob NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`class`, `version`),
	FOREIGN KEY (`class`) REFERENCES `classes`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `revisions` (
	`project` text NOT NULL,
	`revision` integer NOT NULL,
	`version` integer NOT NULL,
	`act` text NOT NULL,
	`subject` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`project`, `revision`),
	FOREIGN KEY (`project`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `versions` (
	`project` text NOT NULL,
	`number` integer NOT NULL,
	`weights` text NOT NULL,
	`parent` integer,
	`round` integer NOT NULL,
	`validation_accuracy` real NOT NULL,
	`server_loss` real,
	`calibration` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`project`, `number`),
	FOREIGN KEY (`project`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `versions_round` ON `versions` (`project`,`round`);