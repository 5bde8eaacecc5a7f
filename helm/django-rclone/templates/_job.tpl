{{/* The pod failure policy of a Job. */}}
{{- define "django-rclone.podFailurePolicy" -}}
rules:
  # A drained node does not count as a failure.
  - action: Ignore
    onPodConditions:
      - type: DisruptionTarget
        status: "True"
  - action: FailJob
    onExitCodes:
      containerName: sidecar
      operator: In
      values: {{ toJson .Values.podFailurePolicy.failJobOnExitCodes }}
  {{- if eq .Values.target.from "json" }}
  # Settings that could not be printed: a retry does not help.
  - action: FailJob
    onExitCodes:
      containerName: target
      operator: In
      values: [2]
  {{- end }}
{{- end -}}

{{/* A CronJob's name. Takes root and name, the alias of a database, or nothing. */}}
{{- define "django-rclone.cronJobName" -}}
{{- $suffix := .name | lower | replace "_" "-" | trunc 11 | trimSuffix "-" -}}
{{- if and .name (ne $suffix (lower .name)) -}}
{{- /* Different aliases could become the same name. */ -}}
{{- $suffix = printf "%s-%s" (trunc 6 $suffix | trimSuffix "-") (sha256sum .name | trunc 4) -}}
{{- end -}}
{{- list (include "django-rclone.fullname" .root) $suffix | compact | join "-" -}}
{{- end -}}

{{- define "django-rclone.firstCronJob" -}}
{{- $first := first (include "django-rclone.databases" . | fromJsonArray) | default dict -}}
cronjob/{{ include "django-rclone.cronJobName" (dict "root" . "name" ($first.alias | default "")) }}
{{- end -}}

{{/*
A CronJob. Takes root, name (added to the release's), args, schedule, suspend, and optionally:
  component   the component of its pods; default backup. Only backups keep their state.
  scratch     see django-rclone.pod
*/}}
{{- define "django-rclone.cronJob" -}}
{{- $v := .root.Values -}}
{{- $name := include "django-rclone.cronJobName" . -}}
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "django-rclone.metadata" (dict "root" .root "name" $name) | nindent 2 }}
spec:
  schedule: {{ .schedule | quote }}
  {{- with $v.timeZone }}
  timeZone: {{ . }}
  {{- end }}
  suspend: {{ .suspend }}
  concurrencyPolicy: {{ $v.concurrencyPolicy }}
  {{- with $v.startingDeadlineSeconds }}
  startingDeadlineSeconds: {{ . }}
  {{- end }}
  successfulJobsHistoryLimit: {{ $v.successfulJobsHistoryLimit }}
  failedJobsHistoryLimit: {{ $v.failedJobsHistoryLimit }}
  jobTemplate:
    metadata:
      labels:
        {{- include "django-rclone.labels" .root | nindent 8 }}
    spec:
      backoffLimit: {{ $v.backoffLimit }}
      {{- with $v.activeDeadlineSeconds }}
      activeDeadlineSeconds: {{ . }}
      {{- end }}
      {{- if not (kindIs "invalid" $v.ttlSecondsAfterFinished) }}
      ttlSecondsAfterFinished: {{ $v.ttlSecondsAfterFinished }}
      {{- end }}
      podFailurePolicy:
        {{- include "django-rclone.podFailurePolicy" .root | nindent 8 }}
      template:
        {{- /* Concurrent jobs must not compete for one lock. */ -}}
        {{- $state := ternary (printf "/state/%s" .name) "/state" (ne .name "") -}}
        {{- include "django-rclone.pod" (dict "root" .root "component" (.component | default "backup") "args" .args "stateDir" $state "keepState" (not .component) "scratch" .scratch) | nindent 8 }}
{{- end -}}
