CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`act` text NOT NULL,
	`project` text,
	`subject` text NOT NULL,
	`status` integer NOT NULL,
	`request` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_project` ON `audit` (`project`,`id`);--> statement-breakpoint
CREATE TABLE `canaries` (
	`project` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`share` real NOT NULL,
	`started_at` integer NOT NULL,
	FOREIGN KEY (`project`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `embeddings` (
	`project` text NOT NULL,
	`version` integer NOT NULL,
	`support` text NOT NULL,
	`count` integer NOT NULL,
	`sum` blob NOT NULL,
	`rows` blob NOT NULL,
	PRIMARY KEY(`project`, `version`, `support`),
	FOREIGN KEY (`project`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `keys` (
	`prefix` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`project` text,
	`verbs` text,
	`daily_quota` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`project`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_hash` ON `keys` (`hash`);--> statement-breakpoint
CREATE TABLE `settings` (
	`project` text PRIMARY KEY NOT NULL,
	`values` text NOT NULL,
	`changed_at` integer NOT NULL,
	FOREIGN KEY (`project`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `versions` ADD `origin` text DEFAULT 'round' NOT NULL;--> statement-breakpoint
ALTER TABLE `versions` ADD `card` text;--> statement-breakpoint
ALTER TABLE `versions` ADD `expired_at` integer;