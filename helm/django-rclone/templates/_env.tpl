{{/* An environment variable from a Secret. Takes name, secret and key. */}}
{{- define "django-rclone.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* The values `rclone` of a job: its own, where it has them. Takes common and own. */}}
{{- define "django-rclone.rcloneOf" -}}
{{- $common := .common -}}
{{- if .own.config.existingSecret -}}
{{- /* Variables would take precedence over the file. */ -}}
{{- $common = merge (dict "config" .own.config "env" list) (omit .common "config" "env") -}}
{{- end -}}
{{- $names := list -}}
{{- range .own.env -}}{{- $names = append $names .name -}}{{- end -}}
{{- $env := .own.env -}}
{{- range $common.env -}}{{- if not (has .name $names) -}}{{- $env = append $env . -}}{{- end -}}{{- end -}}
{{- merge (dict "env" $env) (omit $common "env") | toYaml -}}
{{- end -}}

{{/* The variables that users set, as a list; without those of an init container. */}}
{{- define "django-rclone.theirEnv" -}}
{{- $v := .Values -}}
{{- concat (ternary (list) $v.target.env (eq $v.target.from "json")) $v.rclone.env $v.extraEnv | toYaml -}}
{{- end -}}

{{/* Their names: the chart does not set variables that users set. */}}
{{- define "django-rclone.theirNames" -}}
{{- range include "django-rclone.theirEnv" . | fromYamlArray }}
- {{ .name }}
{{- end }}
{{- end -}}

{{/* The variables that every command reads. Takes root and state, the folder of the lock and the history. */}}
{{- define "django-rclone.env" -}}
{{- $v := .root.Values -}}
{{- $theirs := include "django-rclone.theirNames" .root | fromYamlArray -}}
{{- $aliases := list -}}
{{- range include "django-rclone.databases" .root | fromJsonArray -}}{{- $aliases = append $aliases .alias -}}{{- end -}}
{{- $plain := dict
  "BACKUP_REMOTE" $v.remote
  "BACKUP_PROJECT" $v.project
  "BACKUP_DATABASES" (join "," $aliases)
  "BACKUP_TIME_ZONE" $v.timeZone
  "BACKUP_COMPRESSION" $v.compression
  "BACKUP_TIMEOUT" $v.timeout
  "BACKUP_STALL_TIMEOUT" $v.stallTimeout
  "BACKUP_KEEP_WITHIN" $v.retention.keepWithin
  "BACKUP_PRUNE" (ternary "off" "" $v.prune.enabled)
  "BACKUP_MEDIA" (ternary "on" "off" (ne $v.media.existingClaim ""))
  "BACKUP_MEDIA_ROOT" (ternary "/media" "" (ne $v.media.existingClaim ""))
  "BACKUP_LOG_FORMAT" $v.log.format
  "BACKUP_LOG_LEVEL" $v.log.level
  "BACKUP_NOTIFY_ON" (ternary $v.notifications.on "" (ne $v.notifications.existingSecret ""))
  "BACKUP_PUSHGATEWAY_URL" $v.metrics.pushgateway.url
  "BACKUP_STATE_DIR" .state
-}}
{{- range list "Last" "Hourly" "Daily" "Weekly" "Monthly" "Yearly" -}}
{{- $count := get $v.retention (printf "keep%s" .) | int -}}
{{- $_ := set $plain (printf "BACKUP_KEEP_%s" (upper .)) (ternary ($count | toString) "" (gt $count 0)) -}}
{{- end -}}
{{- range $flag := $v.rclone.extraFlags -}}
{{- $parts := trimPrefix "--" $flag | splitn "=" 2 -}}
{{- $_ := set $plain (printf "RCLONE_%s" ($parts._0 | upper | replace "-" "_")) ($parts._1 | default "true") -}}
{{- end -}}
{{- range $name, $value := merge (include "django-rclone.targetEnv" .root | fromYaml) $plain }}
{{- if and $value (not (has $name $theirs)) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $from := dict
  "DATABASE_URL" $v.databaseUrl
  "BACKUP_ENCRYPTION_PASSWORD" $v.encryption
  "BACKUP_NOTIFY_URLS" $v.notifications
  "BACKUP_HEARTBEAT_URL" $v.notifications.heartbeat
}}
{{- if and $from.existingSecret (not (has $name $theirs)) }}
{{ include "django-rclone.secretEnv" (dict "name" $name "secret" $from.existingSecret "key" $from.key) }}
{{- end }}
{{- end }}
{{- range include "django-rclone.databases" .root | fromJsonArray }}
{{- if .databaseUrl }}
{{ include "django-rclone.secretEnv" (dict "name" (printf "DATABASE_URL_%s" (upper .alias)) "secret" .databaseUrl.existingSecret "key" (.databaseUrl.key | default "DATABASE_URL")) }}
{{- end }}
{{- end }}
{{- with include "django-rclone.theirEnv" .root | fromYamlArray }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The variables that only `serve` reads. */}}
{{- define "django-rclone.serveEnv" -}}
{{- $theirs := include "django-rclone.theirNames" . | fromYamlArray -}}
{{- with .Values.serve }}
{{- range $name, $value := dict
  "BACKUP_SCHEDULE" (ternary "off" $.Values.schedule (or $.Values.suspend (eq $.Values.mode "cronjob")))
  "BACKUP_JITTER" .jitter
  "BACKUP_ON_START" (ternary "on" "" .onStart)
  "BACKUP_MAX_AGE" .maxAge
  "BACKUP_STOP_GRACE" (ternary (.stopGraceSeconds | toString) "off" (gt (int .stopGraceSeconds) 0))
  "PORT" (.port | toString)
}}
{{- if and $value (not (has $name $theirs)) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- if .password.existingSecret }}
{{ include "django-rclone.secretEnv" (dict "name" "BACKUP_WEB_PASSWORD" "secret" .password.existingSecret "key" .password.key) }}
{{- end }}
{{- end }}
{{- end -}}
