{{- define "django-rclone.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for suffixes: the name of a CronJob may have 52 characters. */}}
{{- define "django-rclone.fullname" -}}
{{- $name := include "django-rclone.name" . -}}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $whole | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "django-rclone.selectorLabels" -}}
app.kubernetes.io/name: {{ include "django-rclone.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "django-rclone.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "django-rclone.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Takes root, and optionally name, labels and annotations of this object. */}}
{{- define "django-rclone.metadata" -}}
{{- $labels := merge (dict) (.labels | default dict) (include "django-rclone.labels" .root | fromYaml) -}}
name: {{ .name | default (include "django-rclone.fullname" .root) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- toYaml $labels | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) .root.Values.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The databases as JSON objects, each with its alias. */}}
{{- define "django-rclone.databases" -}}
{{- $found := list -}}
{{- range .Values.databases -}}
{{- $found = append $found (kindIs "string" . | ternary (dict "alias" .) .) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "django-rclone.image" -}}
{{- with .Values.image -}}
{{- with .registry }}{{ . }}/{{ end }}{{ .repository }}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "django-rclone.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "django-rclone.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{/* Not empty if there is a permanent pod: with the schedule, or to watch. */}}
{{- define "django-rclone.serves" -}}
{{- if or (eq .Values.mode "deployment") .Values.watch.enabled -}}true{{- end -}}
{{- end -}}

{{- define "django-rclone.stateClaim" -}}
{{- .Values.state.pvc.existingClaim | default (printf "%s-state" (include "django-rclone.fullname" .)) -}}
{{- end -}}

{{/* Names a restore by its options: other options create another Job, and the same restore does not run twice by accident. */}}
{{- define "django-rclone.restoreName" -}}
{{- $wish := dict -}}
{{- range $name, $value := omit .Values.restore "enabled" "activeDeadlineSeconds" -}}
{{- /* Only options that are set: a newer chart with more values must not change the name. */ -}}
{{- if $value -}}{{- $_ := set $wish $name $value -}}{{- end -}}
{{- end -}}
{{- printf "%s-restore-%s" (include "django-rclone.fullname" .) (toJson $wish | sha256sum | trunc 8) -}}
{{- end -}}
