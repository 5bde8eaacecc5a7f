{{/* Checks that the schema cannot express: values that do not fit together. */}}
{{- define "django-rclone.validate" -}}
{{- $v := .Values -}}
{{- if not $v.remote -}}
{{- fail "\n\nremote is not set. Set where backups go, for example: --set remote=s3:bucket/site\n" -}}
{{- end -}}
{{- $urls := $v.databaseUrl.existingSecret -}}
{{- range include "django-rclone.databases" $ | fromJsonArray -}}{{- if .databaseUrl -}}{{- $urls = .databaseUrl.existingSecret -}}{{- end -}}{{- end -}}
{{- if not (or $urls $v.target.from $v.target.settingsModule $v.extraEnv $v.extraEnvFrom) -}}
{{- fail "\n\nNo database is configured. Set databaseUrl.existingSecret (a Secret with the URL of a database), or target.from.\n" -}}
{{- end -}}
{{- if and (eq $v.image.tag "latest") (not $v.image.digest) -}}
{{- fail "\n\nimage.tag=latest may be a different image on the day of a restore. Set a version, or image.digest.\n" -}}
{{- end -}}
{{- $aliases := list -}}
{{- range include "django-rclone.databases" $ | fromJsonArray -}}
{{- if has .alias $aliases -}}
{{- fail (printf "\n\ndatabases: %s is listed twice.\n" .alias) -}}
{{- end -}}
{{- $aliases = append $aliases .alias -}}
{{- if dig .alias "enabled" false (pick $v "verify" "prune") -}}
{{- fail (printf "\n\ndatabases: %s is also the name of the job that %s.enabled adds. Leave databases empty, or %s.enabled=false.\n" .alias .alias .alias) -}}
{{- end -}}
{{- if and .databaseUrl (or (not (regexMatch "^[a-z_][a-z0-9_]*$" .alias)) (regexMatch "^(.*_)?file$" .alias)) -}}
{{- fail (printf "\n\ndatabases: %s cannot have a databaseUrl, because its alias becomes part of a variable's name: use lower-case letters, digits and _, and not the word file.\n" .alias) -}}
{{- end -}}
{{- end -}}
{{- include "django-rclone.validate.target" . -}}
{{- include "django-rclone.validate.restore" . -}}
{{- include "django-rclone.validate.mode" . -}}
{{- range concat $v.rclone.env $v.verify.rclone.env $v.prune.rclone.env $v.extraEnv $v.target.env -}}
{{- $named := regexMatch "(?i)(^|_)(password|passwd|pass|secret|token|key|credentials)$|^BACKUP_(NOTIFY_URLS|HEARTBEAT_URL)$" .name -}}
{{- if and .value (or $named (regexMatch "://[^/@ ]*:[^/@ ]+@" .value)) -}}
{{- fail (printf "\n\n%s is a secret and must not be in the values. Use valueFrom.secretKeyRef instead of value.\n" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "django-rclone.validate.target" -}}
{{- with .Values.target -}}
{{- if and (has .from (list "copy" "imageVolume" "json")) (not .image) -}}
{{- fail (printf "\n\ntarget.from=%s needs target.image, the web image.\n" .from) -}}
{{- end -}}
{{- if and (eq .from "configMap") (not .configMap) -}}
{{- fail "\n\ntarget.from=configMap needs target.configMap, its name.\n" -}}
{{- end -}}
{{- if and (eq .from "existingClaim") (not .existingClaim) -}}
{{- fail "\n\ntarget.from=existingClaim needs target.existingClaim, its name.\n" -}}
{{- end -}}
{{- if and (has .from (list "copy" "imageVolume" "configMap" "existingClaim")) (not .settingsModule) -}}
{{- fail (printf "\n\ntarget.from=%s needs target.settingsModule, like config.settings.production.\n" .from) -}}
{{- end -}}
{{- if and (eq .from "imageVolume") (semverCompare "<1.33.0-0" $.Capabilities.KubeVersion.Version) -}}
{{- fail (printf "\n\ntarget.from=imageVolume needs Kubernetes 1.33, but this is %s. Use target.from=copy.\n" $.Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "django-rclone.validate.restore" -}}
{{- with .Values.restore -}}
{{- $named := compact (list (ternary "latest" "" .latest) .id .at .inputPath) -}}
{{- if and .enabled (ne (len $named) 1) -}}
{{- fail "\n\nrestore.enabled needs exactly one of restore.latest, restore.id, restore.at and restore.inputPath.\n" -}}
{{- end -}}
{{- if .enabled -}}
{{- $name := include "django-rclone.restoreName" $ -}}
{{- $job := lookup "batch/v1" "Job" $.Release.Namespace $name -}}
{{- if dig "status" "conditions" (list) ($job | default dict) -}}
{{- fail (printf "\n\nThe Job %s has finished, and the same restore is not run twice by accident.\nTo switch it off: --set restore.enabled=false. To repeat it: --set restore.name=again, or any other text.\n" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "django-rclone.validate.mode" -}}
{{- $v := .Values -}}
{{- if eq $v.mode "cronjob" -}}
{{- $scraped := or $v.metrics.serviceMonitor.enabled $v.metrics.podMonitor.enabled -}}
{{- if and $scraped (not $v.watch.enabled) -}}
{{- fail "\n\nmetrics.serviceMonitor and metrics.podMonitor need watch.enabled or mode=deployment: the pods of a CronJob cannot be scraped.\n" -}}
{{- end -}}
{{- if and $v.metrics.prometheusRule.enabled (not $v.watch.enabled) (not $v.metrics.pushgateway.url) -}}
{{- fail "\n\nmetrics.prometheusRule needs metrics: set watch.enabled, metrics.pushgateway.url or mode=deployment.\n" -}}
{{- end -}}
{{- if and $v.watch.enabled (not $v.serve.maxAge) -}}
{{- fail "\n\nwatch.enabled needs serve.maxAge: the maximum age of a database's newest backup, like 26h for nightly backups.\n" -}}
{{- end -}}
{{- else -}}
{{- if $v.watch.enabled -}}
{{- fail "\n\nwatch.enabled is for mode=cronjob: in mode=deployment, the pod with the schedule watches too.\n" -}}
{{- end -}}
{{- range include "django-rclone.databases" $ | fromJsonArray -}}
{{- if or .schedule .suspend -}}
{{- fail (printf "\n\ndatabases: %s sets schedule or suspend, which needs mode=cronjob: mode=deployment has one schedule for all.\n" .alias) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
